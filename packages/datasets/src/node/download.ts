import { createHash, type Hash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isZooError, ZooError, type ZooErrorCode } from '@zoo/core';

export interface DownloadProgress {
  file: string;
  /** Bytes on disk so far, those of an earlier attempt included. */
  loaded: number;
  total: number;
}

export interface DownloadOptions {
  /** Addresses of the same content, tried in order. */
  urls: readonly string[];
  /** Where the finished file goes; until then it grows as `path.part`. */
  path: string;
  bytes: number;
  sha256: string;
  fetch?: typeof globalThis.fetch;
  signal?: AbortSignal;
  onProgress?: (progress: DownloadProgress) => void;
  /** Further attempts per address after a cut connection or a server error. */
  retries?: number;
  /** Wait before the first of them, in milliseconds; doubles each time. */
  retryDelay?: number;
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

async function request(url: string, offset: number, options: DownloadOptions): Promise<Response> {
  const { fetch = globalThis.fetch, signal, path } = options;
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
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
  const resumed = status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${offset}-`);
  if (status === 200 || resumed) return response;
  await response.body?.cancel();
  if (status === 206 || status === 416) {
    await removePart(path); // the server has another file than the one begun
    throw new Failure('retry', 'DOWNLOAD_FAILED', `${url} could not go on from byte ${offset} (HTTP ${status}).`);
  }
  const again = status >= 500 || status === 429 ? 'retry' : 'next';
  throw new Failure(again, 'DOWNLOAD_FAILED', `${url} answered HTTP ${status} ${response.statusText}.`);
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

/** Streams what is missing into the part; positioned writes keep two processes at the same part from mixing their pieces. */
async function fill(handle: FileHandle, url: string, options: DownloadOptions): Promise<void> {
  const { path, bytes, sha256, onProgress } = options;
  const file = basename(path);
  const started = (await handle.stat()).size;
  let loaded = started <= bytes ? started : 0;
  let hash = await hashOfStart(`${path}.part`, loaded);
  if (loaded < bytes) {
    const response = await request(url, loaded, options);
    if (response.status === 200) {
      loaded = 0;
      hash = createHash('sha256');
    }
    const tag = response.headers.get('etag');
    await writeFile(`${path}.part.etag`, tag && !tag.startsWith('W/') ? `${url}\n${tag}` : '');
    const reader = response.body!.getReader();
    while (loaded <= bytes) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        const message = `The connection to ${url} broke at byte ${loaded} of ${bytes}: ${text(cause)}.`;
        throw new Failure('retry', 'DOWNLOAD_FAILED', message, cause);
      });
      if (done) break;
      await writeAt(handle, value, loaded, path);
      hash.update(value);
      loaded += value.length;
      onProgress?.({ file, loaded: Math.min(loaded, bytes), total: bytes });
    }
    await reader.cancel().catch(() => {});
    if (loaded < bytes) {
      throw new Failure('retry', 'DOWNLOAD_FAILED', `${url} stopped at byte ${loaded} of ${bytes}.`);
    }
  }
  const actual = loaded > bytes ? `more than ${bytes} bytes` : hash.digest('hex');
  if (actual !== sha256) {
    await removePart(path);
    const message = `${file} from ${url} is not the official file: SHA-256 ${actual}, expected ${sha256}.`;
    throw new Failure(started > 0 ? 'retry' : 'next', 'CHECKSUM_MISMATCH', `${message} Nothing was kept of it.`);
  }
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

async function attempt(url: string, options: DownloadOptions): Promise<void> {
  const { path, bytes } = options;
  try {
    await mkdir(dirname(path), { recursive: true });
    const handle = await open(`${path}.part`, constants.O_RDWR | constants.O_CREAT);
    try {
      await fill(handle, url, options);
      await handle.truncate(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await publish(path, bytes);
    await rm(`${path}.part.etag`, { force: true });
  } catch (error) {
    if (error instanceof Failure || isZooError(error) || options.signal?.aborted) throw error;
    throw new Failure('stop', 'WRITE_FAILED', `Could not write ${path}: ${text(error)}.`, error);
  }
}

/**
 * Fetches a file of known size and SHA-256. A part left by an earlier attempt or process is continued (Range, If-Range);
 * the checksum runs along; only a correct file gets its name, by one rename. Throws `DOWNLOAD_FAILED`,
 * `CHECKSUM_MISMATCH`, `WRITE_FAILED`, or `INTERRUPTED` when `signal` aborts, which keeps the part.
 */
export async function downloadFile(options: DownloadOptions): Promise<void> {
  const { urls, path, signal, retries = 3, retryDelay = 500 } = options;
  let last: ZooError | undefined;
  for (const url of urls) {
    for (let tried = 0; tried <= retries; tried++) {
      try {
        signal?.throwIfAborted();
        if (tried > 0) await sleep(retryDelay * 2 ** (tried - 1), undefined, signal && { signal });
        await attempt(url, options);
        return;
      } catch (error) {
        if (signal?.aborted) {
          const message = `The download of ${basename(path)} was stopped; run it again to go on from there.`;
          throw new ZooError('INTERRUPTED', message, { cause: error });
        }
        if (!(error instanceof Failure)) throw error;
        last = error.error;
        if (error.remedy === 'stop') throw last;
        if (error.remedy === 'next') break;
      }
    }
  }
  throw last ?? new ZooError('INVALID_ARGUMENT', `No address to download ${basename(path)} from.`);
}
