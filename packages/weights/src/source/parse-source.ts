import { ZooError } from '@zoo/core';

/** A file of a repository on the Hugging Face hub. */
export interface HubSource {
  kind: 'hub';
  /** `org/name`. */
  repo: string;
  /** Branch, tag or commit. */
  revision: string;
  /** Path in the repository; absent to take its weight file. */
  file: string | undefined;
}

export type Source = HubSource | { kind: 'url'; url: URL } | { kind: 'path'; path: string };

const invalid = (message: string): ZooError => new ZooError('INVALID_ARGUMENT', message);

function parseHub(text: string): HubSource {
  const match = /^hf:(?<repo>[\w.-]+\/[\w.-]+)(?:@(?<revision>[^/@]+))?(?:\/(?<file>.+))?$/.exec(text);
  const { repo, revision = 'main', file } = match?.groups ?? {};
  if (!repo || repo.split('/').some((part) => /^\.+$/.test(part)) || /^\.+$/.test(revision)) {
    throw invalid(`'${text}' is not hf:org/name[@revision][/file], e.g. hf:timm/resnet18.a1_in1k.`);
  }
  if (file?.split('/').some((part) => part === '' || part === '.' || part === '..')) {
    throw invalid(`'${text}' names a file outside the repository.`);
  }
  return { kind: 'hub', repo, revision, file };
}

/** Tells hub ids, addresses and paths apart. */
export function parseSource(source: string | URL): Source {
  const text = String(source);
  if (text === '') throw invalid('The source of the weights is empty.');
  if (text.startsWith('hf:')) return parseHub(text);
  if (!/^[a-z][a-z0-9+.-]+:/i.test(text)) return { kind: 'path', path: text }; // C:\ has one letter
  if (!URL.canParse(text)) throw invalid(`'${text}' is not a valid address.`);
  const url = new URL(text);
  if (url.protocol === 'https:' || url.protocol === 'http:') return { kind: 'url', url };
  if (url.protocol === 'file:') return { kind: 'path', path: text };
  throw invalid(`Weights cannot be loaded from '${text}'. Use https:, hf: or a path.`);
}

/** Last part of an address's path, made fit for a file name. */
export function fileNameOf(url: URL): string {
  const name = decodeURIComponent(url.pathname.split('/').at(-1) ?? '').replace(/[^\w.-]/g, '_');
  return /^\.*$/.test(name) ? 'weights' : name.slice(-120);
}

/** Torchvision puts the first digits of the SHA-256 into its file names: `resnet18-f37072fd.pth`. */
export const hashPrefixOf = (fileName: string): string | undefined =>
  /-([0-9a-f]{8,64})\.(?:pth|pt)$/.exec(fileName)?.[1];
