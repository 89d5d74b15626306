import { type DownloadProgress, isZooError, ZooError } from '@zoo/core';

export interface CachedFetchOptions {
  /** Name in progress reports and errors. */
  name: string;
  headers?: Readonly<Record<string, string>>;
  sha256?: string | undefined;
  hashPrefix?: string | undefined;
  offline?: boolean | undefined;
  fetch?: typeof globalThis.fetch | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: DownloadProgress) => void) | undefined;
  onNotice?: ((notice: string) => void) | undefined;
  cacheName: string;
  /** Further attempts after a cut connection, each going on from the bytes that came. */
  retries?: number;
}

const failed = (message: string, cause?: unknown): ZooError => new ZooError('DOWNLOAD_FAILED', message, { cause });

/** Absent in insecure contexts and in some private windows; then everything is fetched anew. */
const openCache = (name: string): Promise<Cache | undefined> =>
  typeof caches === 'undefined' ? Promise.resolve(undefined) : caches.open(name).catch(() => undefined);

function join(pieces: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let position = 0;
  for (const piece of pieces) {
    bytes.set(piece, position);
    position += piece.length;
  }
  return bytes;
}

async function sha256Of(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Throws `CHECKSUM_MISMATCH` unless the bytes have the hash that is asked for. */
async function verify(bytes: Uint8Array<ArrayBuffer>, options: CachedFetchOptions): Promise<void> {
  const expected = options.sha256?.toLowerCase() ?? options.hashPrefix;
  if (expected === undefined) return;
  if (!globalThis.crypto?.subtle) {
    throw new ZooError(
      'NOT_SUPPORTED',
      `The SHA-256 of ${options.name} needs a secure context: serve the page by https.`,
    );
  }
  const actual = await sha256Of(bytes);
  if (actual.startsWith(expected)) return;
  const message = `${options.name} has SHA-256 ${actual}, expected ${expected}. Nothing was kept of it.`;
  throw new ZooError('CHECKSUM_MISMATCH', message);
}

interface Part {
  pieces: Uint8Array[];
  loaded: number;
  total: number | undefined;
  etag: string | undefined;
}

/** One request that adds to `part`. True when the file is complete, false when the connection broke. */
async function continuePart(url: string, part: Part, options: CachedFetchOptions): Promise<boolean> {
  const { name, fetch = globalThis.fetch, signal, onProgress } = options;
  if (!part.etag) part.pieces = [];
  if (part.pieces.length === 0) part.loaded = 0;
  const range = part.loaded > 0 && { range: `bytes=${part.loaded}-`, 'if-range': part.etag! };
  const response = await fetch(url, { headers: { ...options.headers, ...range }, ...(signal && { signal }) });
  if (response.status !== 200 && response.status !== 206) {
    await response.body?.cancel();
    throw failed(`${url} answered HTTP ${response.status} ${response.statusText}.`);
  }
  if (response.status === 200) {
    const tag = response.headers.get('etag');
    const length = Number(response.headers.get('content-length') ?? Number.NaN);
    // The length of a compressed answer is not that of the file.
    const total = response.headers.has('content-encoding') || !Number.isFinite(length) ? undefined : length;
    Object.assign(part, { pieces: [], loaded: 0, total, etag: tag && !tag.startsWith('W/') ? tag : undefined });
  } else if (!response.headers.get('content-range')?.startsWith(`bytes ${part.loaded}-`)) {
    await response.body?.cancel();
    part.etag = undefined;
    return false;
  }
  const reader = response.body!.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    part.pieces.push(value);
    part.loaded += value.length;
    onProgress?.({ file: name, loaded: part.loaded, total: part.total });
  }
  return part.total === undefined || part.loaded === part.total;
}

async function download(url: string, options: CachedFetchOptions): Promise<Uint8Array<ArrayBuffer>> {
  const { name, signal, retries = 3 } = options;
  const part: Part = { pieces: [], loaded: 0, total: undefined, etag: undefined };
  let last: unknown;
  for (let tried = 0; tried <= retries; tried++) {
    try {
      if (await continuePart(url, part, options)) return join(part.pieces, part.loaded);
      last = undefined;
    } catch (error) {
      if (signal?.aborted) throw new ZooError('INTERRUPTED', `The download of ${name} was stopped.`, { cause: error });
      if (isZooError(error)) throw error;
      last = error;
    }
  }
  const reason = last === undefined ? '' : `: ${(last as Error).message}`;
  throw failed(`The connection to ${url} broke at byte ${part.loaded} of ${part.total ?? 'unknown'}${reason}.`, last);
}

/**
 * The content of an address from the browser's Cache API, or from the network and then kept there once its hash is right.
 * Throws `DOWNLOAD_FAILED`, `CHECKSUM_MISMATCH`, `FILE_NOT_FOUND` when offline, or `INTERRUPTED`.
 */
export async function cachedFetch(url: string, options: CachedFetchOptions): Promise<Uint8Array> {
  const cache = await openCache(options.cacheName);
  const hit = await cache?.match(url);
  if (hit) {
    const bytes = new Uint8Array(await hit.arrayBuffer());
    const error = await verify(bytes, options).catch((e: unknown) => e);
    if (!error) return bytes;
    await cache!.delete(url);
  }
  if (options.offline)
    throw new ZooError('FILE_NOT_FOUND', `${url} is not in this browser's cache, and offline is set.`);
  const bytes = await download(url, options);
  await verify(bytes, options);
  try {
    await cache?.put(url, new Response(bytes, { headers: { 'content-length': String(bytes.length) } }));
  } catch (error) {
    options.onNotice?.(`${options.name} could not be kept for the next visit: ${(error as Error).message}.`);
  }
  return bytes;
}
