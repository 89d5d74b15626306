import { parseJson, ZooError } from '@zoo/core';
import { checkAddress, Failure, refusedStatus, SpeedWatch, text, unreachable } from '@zoo/core/download';
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
  /** Allows a hub by plain http on another machine. */
  allowInsecure?: boolean | undefined;
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

const maxListingBytes = 64e6;

async function readListing(response: Response, watch: SpeedWatch): Promise<unknown> {
  const decoder = new TextDecoder();
  let json = '';
  let loaded = 0;
  const reader = response.body!.getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    loaded += piece.value.length;
    watch.add(piece.value.length);
    if (loaded > maxListingBytes) {
      await reader.cancel();
      throw new Error(`more than ${maxListingBytes} bytes`);
    }
    json += decoder.decode(piece.value, { stream: true });
  }
  return parseJson(json, { name: 'the answer' });
}

/** What the hub answers about a repository. */
async function askHub({ repo, revision }: HubSource, url: string, request: HubRequest): Promise<unknown> {
  const { fetch = globalThis.fetch, allowInsecure = false } = request;
  checkAddress(url, { hashed: false, allowInsecure });
  const watch = new SpeedWatch(url);
  const signal = request.signal ? AbortSignal.any([request.signal, watch.signal]) : watch.signal;
  try {
    const response = await fetch(url, { headers: hubHeaders(request), signal }).catch((cause: unknown) => {
      throw cause instanceof Failure ? cause : unreachable(url, cause);
    });
    if (!response.ok) await response.body?.cancel();
    if ([401, 403, 404].includes(response.status)) {
      const hint = 'Check the name and the revision; for a private or gated repository set HF_TOKEN.';
      throw new ZooError('FILE_NOT_FOUND', `hf:${repo}@${revision} was not found (HTTP ${response.status}). ${hint}`);
    }
    if (!response.ok) throw refusedStatus(url, response);
    return await readListing(response, watch).catch((cause: unknown) => {
      throw new Failure('next', 'DOWNLOAD_FAILED', `${url} did not answer with JSON: ${text(cause)}.`, cause);
    });
  } catch (cause) {
    if (request.signal?.aborted) throw new ZooError('INTERRUPTED', `Loading hf:${repo} was stopped.`, { cause });
    const failure = watch.signal.aborted ? watch.signal.reason : cause;
    throw failure instanceof Failure ? failure.error : failure;
  } finally {
    watch.stop();
  }
}

/** Asks the hub for a repository's commit and files with their hashes. Throws `DOWNLOAD_FAILED`, `FILE_NOT_FOUND`. */
export async function listHubFiles(source: HubSource, request: HubRequest): Promise<HubListing> {
  const { endpoint = defaultEndpoint } = request;
  const url = `${endpoint}/api/models/${source.repo}/revision/${encodeURIComponent(source.revision)}?blobs=true`;
  const listing = await askHub(source, url, request);
  const commit = isObject(listing) ? matching(listing['sha'], /^[0-9a-f]{40}$/) : undefined;
  if (!isObject(listing) || !commit || !Array.isArray(listing['siblings'])) {
    throw new ZooError('DOWNLOAD_FAILED', `${url} did not answer as the hub does; is a proxy in between?`);
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
