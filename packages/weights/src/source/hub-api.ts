import { ZooError } from '@zoo/core';
import type { HubSource } from './parse-source.ts';

/** A file of a repository as the hub lists it. */
export interface HubFile {
  name: string;
  /** Bytes. */
  size: number | undefined;
  /** Of large files; the hub's caches name a blob by it, or by `blobId`. */
  sha256: string | undefined;
  blobId: string | undefined;
}

/** A repository at one commit. */
export interface HubListing {
  commit: string;
  files: Map<string, HubFile>;
}

export interface HubRequest {
  fetch?: typeof globalThis.fetch | undefined;
  signal?: AbortSignal | undefined;
  /** Default https://huggingface.co. */
  endpoint?: string | undefined;
  /** For private and gated repositories. */
  token?: string | undefined;
}

const defaultEndpoint = 'https://huggingface.co';

export const hubHeaders = ({ token }: HubRequest): Record<string, string> =>
  token ? { authorization: `Bearer ${token}` } : {};

/** Address of a repository's file at `revision`. */
export const hubUrl = (
  { repo }: Pick<HubSource, 'repo'>,
  revision: string,
  file: string,
  { endpoint }: HubRequest,
): string =>
  `${endpoint ?? defaultEndpoint}/${repo}/resolve/${encodeURIComponent(revision)}/${file.split('/').map(encodeURIComponent).join('/')}`;

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null;
const matching = (value: unknown, pattern: RegExp): string | undefined =>
  typeof value === 'string' && pattern.test(value) ? value : undefined;

function readFile(value: unknown): HubFile | undefined {
  if (!isObject(value) || typeof value['rfilename'] !== 'string') return undefined;
  const lfs = isObject(value['lfs']) ? value['lfs'] : {};
  const size = lfs['size'] ?? value['size'];
  return {
    name: value['rfilename'],
    size: Number.isSafeInteger(size) ? (size as number) : undefined,
    sha256: matching(lfs['sha256'], /^[0-9a-f]{64}$/),
    blobId: matching(value['blobId'], /^[0-9a-f]{40,64}$/),
  };
}

/** Asks the hub for a repository's commit and files with their hashes. Throws `DOWNLOAD_FAILED`, `FILE_NOT_FOUND`. */
export async function listHubFiles({ repo, revision }: HubSource, request: HubRequest): Promise<HubListing> {
  const { fetch = globalThis.fetch, signal, endpoint = defaultEndpoint } = request;
  const url = `${endpoint}/api/models/${repo}/revision/${encodeURIComponent(revision)}?blobs=true`;
  const fail = (message: string, cause?: unknown): ZooError => new ZooError('DOWNLOAD_FAILED', message, { cause });
  let response: Response;
  try {
    response = await fetch(url, { headers: hubHeaders(request), ...(signal && { signal }) });
  } catch (cause) {
    if (signal?.aborted) throw new ZooError('INTERRUPTED', `Loading hf:${repo} was stopped.`, { cause });
    throw fail(`Could not reach ${endpoint} for hf:${repo}: ${(cause as Error).message}.`, cause);
  }
  if ([401, 403, 404].includes(response.status)) {
    const hint = 'Check the name and the revision; for a private or gated repository set HF_TOKEN.';
    throw new ZooError('FILE_NOT_FOUND', `hf:${repo}@${revision} was not found (HTTP ${response.status}). ${hint}`);
  }
  if (!response.ok) throw fail(`${url} answered HTTP ${response.status} ${response.statusText}.`);
  const listing: unknown = await response.json().catch((cause: unknown) => {
    throw fail(`${url} did not answer with JSON.`, cause);
  });
  const commit = isObject(listing) ? matching(listing['sha'], /^[0-9a-f]{40}$/) : undefined;
  if (!isObject(listing) || !commit || !Array.isArray(listing['siblings'])) {
    throw fail(`${url} did not answer as the hub does; is a proxy in between?`);
  }
  const files = listing['siblings'].map(readFile).filter((file) => file !== undefined);
  return { commit, files: new Map(files.map((file) => [file.name, file])) };
}

/** Weight files that repositories of nets have, best first. */
const usualFiles = ['model.safetensors', 'model.safetensors.index.json', 'pytorch_model.bin'];

/** The file that a source asks for, or the repository's usual one. */
export function pickHubFile({ repo, file }: HubSource, names: readonly string[]): string {
  const picked = file ?? usualFiles.find((name) => names.includes(name));
  if (picked !== undefined && names.includes(picked)) return picked;
  const wanted = file ?? usualFiles.join(', ');
  const known = names.filter((name) => /\.(safetensors|bin|pth|pt)$/.test(name)).slice(0, 8);
  const hint = known.length > 0 ? `It has ${known.join(', ')}.` : 'It has no weight files.';
  throw new ZooError('FILE_NOT_FOUND', `hf:${repo} has no ${wanted}. ${hint}`);
}
