import { createHash, type Hash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isZooError, ZooError, type ZooErrorCode } from '../error.ts';
import type { DownloadProgress } from '../plugin.ts';
import { withFileLock } from './file-lock.ts';

export interface DownloadOptions {
  /** Addresses of the same content, tried in order. */
  urls: readonly string[];
  /** Where the finished file goes; until then it grows as `path.part`. */
  path: string;
  /** Size, where known beforehand. */
  bytes?: number;
  /** In lower-case hex, where known beforehand. */
  sha256?: string;
  /** First digits of the SHA-256, where no more is known. */
  hashPrefix?: string;
  /** Sent with every request. */
  headers?: Readonly<Record<string, string>>;
  fetch?: typeof globalThis.fetch;
  signal?: AbortSignal;
  onProgress?: (progress: DownloadProgress) => void;
  /** File name in progress reports and errors; default the one of `path`. */
  name?: string;
  /** Further attempts per address after a cut connection or a server error. */
  retries?: number;
  /** Wait before the first of them, in milliseconds; doubles each time. */
  retryDelay?: number;
}

/** What arrived. */
export interface DownloadedFile {
  bytes: number;
  sha256: string;
}

/** A failed attempt, and what may help: the same address again, the next address, or nothing. */
class Failure {
  readonly error: ZooError;
  readonly remedy: 'retry' | 'next' | 'stop';

  constructor(remedy: Failure['remedy'], code: ZooErrorCode, message: string, cause?: unknown) {
    this.error = new ZooError(code, message, { cause });
    this.remedy = remedy;
  }
}

const text = (error: unknown): string => {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
};

const nameOf = ({ name, path }: DownloadOptions): string => name ?? basename(path);

/** The ETag that the part came with, if it came from `url`. Weak tags do not promise equal bytes. */
async function validator(path: string, url: string): Promise<string | undefined> {
  const [from, tag] = (await readFile(`${path}.part.etag`, 'utf8').catch(() => '')).split('\n');
  return from === url ? tag : undefined;
}

async function hashOfStart(path: string, length: number): Promise<Hash> {
  const hash = createHash('sha256');
  if (length > 0) for await (const piece of createReadStream(path, { end: length - 1 })) hash.update(piece);
  return hash;
}

async function removePart(path: string): Promise<void> {
  await rm(`${path}.part`, { force: true });
  await rm(`${path}.part.etag`, { force: true });
}

/** The response, or undefined when the server says that the part is the whole file. */
async function request(url: string, offset: number, options: DownloadOptions): Promise<Response | undefined> {
  const { fetch = globalThis.fetch, signal, path } = options;
  const headers: Record<string, string> = { ...options.headers, 'accept-encoding': 'identity' };
  if (offset > 0) {
    headers['range'] = `bytes=${offset}-`;
    const tag = await validator(path, url);
    if (tag) headers['if-range'] = tag;
  }
  let response: Response;
  try {
    response = await fetch(url, { headers, ...(signal && { signal }) });
  } catch (cause) {
    throw new Failure('retry', 'DOWNLOAD_FAILED', `Could not reach ${url}: ${text(cause)}.`, cause);
  }
  const { status } = response;
  const range = response.headers.get('content-range');
  if (status === 200 || (status === 206 && range?.startsWith(`bytes ${offset}-`))) return response;
  await response.body?.cancel();
  if (status === 416 && options.bytes === undefined && range === `bytes */${offset}`) return undefined;
  if (status === 206 || status === 416) {
    await removePart(path); // the server has another file than the one begun
    throw new Failure('retry', 'DOWNLOAD_FAILED', `${url} could not go on from byte ${offset} (HTTP ${status}).`);
  }
  const again = status >= 500 || status === 429 ? 'retry' : 'next';
  throw new Failure(again, 'DOWNLOAD_FAILED', `${url} answered HTTP ${status} ${response.statusText}.`);
}

/** Size of the whole file by the response's headers. */
function announcedSize(response: Response): number | undefined {
  const header =
    response.status === 206
      ? /\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1]
      : response.headers.get('content-length');
  return header ? Number(header) : undefined;
}

async function writeAt(handle: FileHandle, piece: Uint8Array, position: number, path: string): Promise<void> {
  try {
    for (let done = 0; done < piece.length; ) {
      done += (await handle.write(piece, done, piece.length - done, position + done)).bytesWritten;
    }
  } catch (cause) {
    await removePart(path);
    throw new Failure('stop', 'WRITE_FAILED', `Could not write ${path}: ${text(cause)}.`, cause);
  }
}

/** How many bytes of the part can be kept; none when nothing could tell them from those of another version. */
async function reusable(handle: FileHandle, url: string, options: DownloadOptions): Promise<number> {
  const { path, bytes, sha256, hashPrefix } = options;
  const { size } = await handle.stat();
  if (size === 0 || size > (bytes ?? Number.POSITIVE_INFINITY)) return 0;
  return sha256 || hashPrefix || (await validator(path, url)) ? size : 0;
}

/** Streams what is missing into the part; positioned writes keep two processes at the same part from mixing their pieces. */
async function fill(handle: FileHandle, url: string, options: DownloadOptions): Promise<DownloadedFile> {
  const { path, sha256 = options.hashPrefix ?? '', onProgress } = options;
  const file = nameOf(options);
  const started = await reusable(handle, url, options);
  let total = options.bytes;
  let loaded = started;
  let hash = await hashOfStart(`${path}.part`, loaded);
  const response = loaded === total ? undefined : await request(url, loaded, options);
  if (response) {
    if (response.status === 200) {
      loaded = 0;
      hash = createHash('sha256');
    }
    total ??= announcedSize(response);
    const limit = total ?? Number.POSITIVE_INFINITY;
    const tag = response.headers.get('etag');
    await writeFile(`${path}.part.etag`, tag && !tag.startsWith('W/') ? `${url}\n${tag}` : '');
    const reader = response.body!.getReader();
    while (loaded <= limit) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        const message = `The connection to ${url} broke at byte ${loaded} of ${total ?? 'unknown'}: ${text(cause)}.`;
        throw new Failure('retry', 'DOWNLOAD_FAILED', message, cause);
      });
      if (done) break;
      await writeAt(handle, value, loaded, path);
      hash.update(value);
      loaded += value.length;
      onProgress?.({ file, loaded: Math.min(loaded, limit), total });
    }
    await reader.cancel().catch(() => {});
    if (loaded < (total ?? 0)) {
      throw new Failure('retry', 'DOWNLOAD_FAILED', `${url} stopped at byte ${loaded} of ${total}.`);
    }
  }
  const tooLong = total !== undefined && loaded > total;
  const digest = hash.digest('hex');
  if (tooLong || !digest.startsWith(sha256)) {
    await removePart(path);
    const actual = tooLong ? `more than ${total} bytes` : digest;
    const expected = sha256 && `, expected ${sha256}${options.sha256 ? '' : '...'}`;
    const message = `${file} from ${url} is not the official file: SHA-256 ${actual}${expected}.`;
    throw new Failure(started > 0 ? 'retry' : 'next', 'CHECKSUM_MISMATCH', `${message} Nothing was kept of it.`);
  }
  return { bytes: loaded, sha256: digest };
}

/** Gives the finished part its name, unless another process that fetched the same file has just done so. */
async function publish(path: string, bytes: number): Promise<void> {
  try {
    await rename(`${path}.part`, path);
  } catch (error) {
    const finished = await stat(path).catch(() => undefined);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || finished?.size !== bytes) throw error;
  }
}

async function attempt(url: string, options: DownloadOptions): Promise<DownloadedFile> {
  const { path } = options;
  try {
    const handle = await open(`${path}.part`, constants.O_RDWR | constants.O_CREAT);
    let file: DownloadedFile;
    try {
      file = await fill(handle, url, options);
      await handle.truncate(file.bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await publish(path, file.bytes);
    await rm(`${path}.part.etag`, { force: true });
    return file;
  } catch (error) {
    if (error instanceof Failure || isZooError(error) || options.signal?.aborted) throw error;
    throw new Failure('stop', 'WRITE_FAILED', `Could not write ${path}: ${text(error)}.`, error);
  }
}

/** A server that answers with an error leaves nothing to go on from. */
async function removeEmptyPart(path: string): Promise<void> {
  const part = await stat(`${path}.part`).catch(() => undefined);
  if (part?.size === 0) await removePart(path);
}

/** The file that another process finished while this one waited for it, if it is the right one. */
async function finishedByOther({
  path,
  bytes,
  sha256,
  hashPrefix,
}: DownloadOptions): Promise<DownloadedFile | undefined> {
  const finished = await stat(path).catch(() => undefined);
  if (!finished || (bytes !== undefined && finished.size !== bytes)) return undefined;
  const digest = (await hashOfStart(path, finished.size)).digest('hex');
  return digest.startsWith(sha256 ?? hashPrefix ?? '') ? { bytes: finished.size, sha256: digest } : undefined;
}

async function tryAll(options: DownloadOptions): Promise<DownloadedFile> {
  const { urls, signal, retries = 3, retryDelay = 500 } = options;
  let last: ZooError | undefined;
  for (const url of urls) {
    for (let tried = 0; tried <= retries; tried++) {
      signal?.throwIfAborted();
      if (tried > 0) await sleep(retryDelay * 2 ** (tried - 1), undefined, signal && { signal });
      try {
        return await attempt(url, options);
      } catch (error) {
        if (signal?.aborted || !(error instanceof Failure)) throw error;
        last = error.error;
        if (error.remedy === 'stop') throw last;
        if (error.remedy === 'next') break;
      }
    }
  }
  throw last ?? new ZooError('INVALID_ARGUMENT', `No address to download ${nameOf(options)} from.`);
}

/**
 * Fetches a file and gives it its name by one rename, once it has the size and SHA-256 that are known of it. A part left
 * by an earlier attempt or process is continued (Range, If-Range) and the hash runs along; of several processes that want
 * the same file one fetches it and the others wait. Throws `DOWNLOAD_FAILED`, `CHECKSUM_MISMATCH`, `WRITE_FAILED`, or
 * `INTERRUPTED` when `signal` aborts, which keeps the part.
 */
export async function downloadFile(options: DownloadOptions): Promise<DownloadedFile> {
  const { path, signal } = options;
  try {
    signal?.throwIfAborted();
    await mkdir(dirname(path), { recursive: true });
    return await withFileLock(
      path,
      async (waited) => {
        const finished = waited ? await finishedByOther(options) : undefined;
        return finished ?? (await tryAll(options).finally(() => removeEmptyPart(path)));
      },
      { signal },
    );
  } catch (error) {
    if (signal?.aborted) {
      const message = `The download of ${nameOf(options)} was stopped; run it again to go on from there.`;
      throw new ZooError('INTERRUPTED', message, { cause: error });
    }
    if (isZooError(error)) throw error;
    throw new ZooError('WRITE_FAILED', `Could not write ${path}: ${text(error)}.`, { cause: error });
  }
}
