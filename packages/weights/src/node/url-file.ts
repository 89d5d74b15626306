import { createHash } from 'node:crypto';
import { access, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ZooError } from '@zoo/core';
import { type DownloadOptions, downloadFile } from '@zoo/core/node';
import type { LoadWeightsOptions } from '../source/options.ts';
import { fileNameOf, hashPrefixOf } from '../source/parse-source.ts';
import { isOffline, weightsCache } from './cache-folder.ts';
import { sha256File } from './sha256.ts';

export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** What `loadWeights` hands through to a download. */
export const downloadOptions = ({ onProgress, signal, fetch }: LoadWeightsOptions): Partial<DownloadOptions> => ({
  ...(onProgress && { onProgress }),
  ...(signal && { signal }),
  ...(fetch && { fetch }),
});

/** Throws `CHECKSUM_MISMATCH` unless the file has the SHA-256, or the first digits of it, that are asked for. */
export async function verifyFile(path: string, { sha256, hashPrefix }: LoadWeightsOptions): Promise<void> {
  const expected = sha256?.toLowerCase() ?? hashPrefix;
  if (expected === undefined) return;
  const actual = await sha256File(path);
  if (actual.startsWith(expected)) return;
  throw new ZooError('CHECKSUM_MISMATCH', `${path} has SHA-256 ${actual}, expected ${expected}.`);
}

/** Path of an address's content in the cache, downloaded when it is not there. */
export async function fetchUrl(url: URL, options: LoadWeightsOptions): Promise<string> {
  const { cacheDir = weightsCache(), offline = isOffline() } = options;
  const sha256 = options.sha256?.toLowerCase();
  const name = fileNameOf(url);
  const key = createHash('sha256').update(url.href).digest('hex').slice(0, 16);
  const path = join(cacheDir, key, name);
  if (await exists(path)) {
    const error = await verifyFile(path, sha256 === undefined ? {} : { sha256 }).catch((e: unknown) => e);
    if (!error) return path;
    if (offline) throw error;
    await rm(path, { force: true });
  }
  if (offline) {
    const hint = 'Download it once without ZOO_OFFLINE, HF_HUB_OFFLINE and the option offline.';
    throw new ZooError('FILE_NOT_FOUND', `${url} is not in the cache (${path}). ${hint}`);
  }
  const hashPrefix = options.hashPrefix ?? hashPrefixOf(name);
  await downloadFile({
    urls: [url.href],
    path,
    ...(sha256 !== undefined ? { sha256 } : hashPrefix !== undefined && { hashPrefix }),
    ...downloadOptions(options),
  });
  return path;
}
