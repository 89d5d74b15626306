import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkAddress } from '../../download/addresses.ts';
import { Failure, text } from '../../download/failures.ts';
import { isZooError, ZooError } from '../../error.ts';
import { withFileLock } from '../file-lock.ts';
import { type DownloadedFile, type DownloadOptions, expectedHash, followOptions, nameOf } from './options.ts';
import { hashOfStart, Part, removeEmptyPart } from './part.ts';
import { type Network, systemNetwork } from './scoped-request.ts';
import { fillPart } from './transfer.ts';

async function attempt(url: string, options: DownloadOptions, network: Network): Promise<DownloadedFile> {
  const { path } = options;
  try {
    const part = await Part.open(path);
    try {
      const file = await fillPart({ url, part, options, network });
      await part.publish(file.bytes);
      return file;
    } finally {
      await part.close();
    }
  } catch (error) {
    if (error instanceof Failure || isZooError(error) || options.signal?.aborted) throw error;
    throw new Failure('stop', 'WRITE_FAILED', `Could not write ${path}: ${text(error)}.`, error);
  }
}

/** The file that another process finished while this one waited for it, if it is the right one. */
async function finishedByOther(options: DownloadOptions): Promise<DownloadedFile | undefined> {
  const { path, bytes } = options;
  const finished = await stat(path).catch(() => undefined);
  if (!finished || (bytes !== undefined && finished.size !== bytes)) return undefined;
  const digest = (await hashOfStart(path, finished.size)).digest('hex');
  return digest.startsWith(expectedHash(options)) ? { bytes: finished.size, sha256: digest } : undefined;
}

async function tryAll(options: DownloadOptions, network: Network): Promise<DownloadedFile> {
  const { urls, signal, retries = 3, retryDelay = 500 } = options;
  let last: ZooError | undefined;
  for (const url of urls) {
    for (let tried = 0; tried <= retries; tried++) {
      signal?.throwIfAborted();
      if (tried > 0) await sleep(retryDelay * 2 ** (tried - 1), undefined, signal && { signal });
      try {
        return await attempt(url, options, network);
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
 * Fetches a file and gives it its name by one rename, once it has the size and SHA-256 that are known of it; what cannot be
 * the file, such as a web page, is never kept. A part left by an earlier attempt or process is continued if it is of the
 * same version; of several processes that want the same file one fetches it and the others wait. Redirects never lead from
 * https to http, or from the internet into a private network. Throws `DOWNLOAD_FAILED`, `CHECKSUM_MISMATCH`,
 * `WRITE_FAILED`, `INVALID_ARGUMENT` for plain `http:` without a hash, or `INTERRUPTED` when `signal` aborts, which keeps
 * the part. `network` is for tests.
 */
export async function downloadFile(
  options: DownloadOptions,
  network: Network = systemNetwork,
): Promise<DownloadedFile> {
  const { path, signal, urls } = options;
  const { hashed = false, allowInsecure = false } = followOptions(options);
  for (const url of urls) checkAddress(url, { hashed, allowInsecure });
  try {
    signal?.throwIfAborted();
    await mkdir(dirname(path), { recursive: true });
    return await withFileLock(
      path,
      async (waited) => {
        const finished = waited ? await finishedByOther(options) : undefined;
        return finished ?? (await tryAll(options, network).finally(() => removeEmptyPart(path)));
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
