import { createHash } from 'node:crypto';
import { access, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ZooError } from '@zoo/core';
import { checkAddress } from '@zoo/core/download';
import { type CachedFile, type DownloadOptions, downloadFile } from '@zoo/core/node';
import type { LoadWeightsOptions } from '../source/options.ts';
import { fileNameOf, hashPrefixOf } from '../source/parse-source.ts';
import { refuseWeights } from '../source/refuse-start.ts';
import { isOffline, weightsCache } from './cache-folder.ts';
import { sha256File } from './sha256.ts';

export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** What `loadWeights` hands through to the download of the file `name`. */
export const downloadOptions = (
  name: string,
  { onProgress, signal, fetch, maxBytes, allowInsecure }: LoadWeightsOptions,
): Partial<DownloadOptions> => ({
  ...(onProgress && { onProgress }),
  ...(signal && { signal }),
  ...(fetch && { fetch }),
  ...(maxBytes !== undefined && { maxBytes }),
  ...(allowInsecure !== undefined && { allowInsecure }),
  refuse: (start, total) => refuseWeights(name, start, total),
});

/** Throws `CHECKSUM_MISMATCH` unless the file has the SHA-256, or the first digits of it, that are asked for. */
export async function verifyFile(path: string, { sha256, hashPrefix }: LoadWeightsOptions): Promise<void> {
  const expected = sha256?.toLowerCase() ?? hashPrefix;
  if (expected === undefined) return;
  const actual = await sha256File(path);
  if (actual.startsWith(expected)) return;
  throw new ZooError('CHECKSUM_MISMATCH', `${path} has SHA-256 ${actual}, expected ${expected}.`);
}

/** An address's content in the cache, downloaded when it is not there. */
export async function fetchUrl(url: URL, options: LoadWeightsOptions): Promise<CachedFile> {
  const { cacheDir = weightsCache(), offline = isOffline(), allowInsecure = false } = options;
  const sha256 = options.sha256?.toLowerCase();
  const name = fileNameOf(url);
  const hashPrefix = options.hashPrefix ?? hashPrefixOf(name);
  const expected = sha256 ?? hashPrefix;
  checkAddress(url.href, { hashed: expected !== undefined, allowInsecure });
  const key = createHash('sha256').update(url.href).digest('hex').slice(0, 16);
  const path = join(cacheDir, key, name);
  const fetchAgain = async (): Promise<string> => {
    if (offline) {
      const hint = 'Download it once without ZOO_OFFLINE, HF_HUB_OFFLINE and the option offline.';
      throw new ZooError('FILE_NOT_FOUND', `${url} is not in the cache (${path}). ${hint}`);
    }
    await downloadFile({
      urls: [url.href],
      path,
      ...(sha256 !== undefined ? { sha256 } : hashPrefix !== undefined && { hashPrefix }),
      ...downloadOptions(name, options),
    });
    return path;
  };
  const isRight = async (): Promise<boolean> => expected !== undefined && (await sha256File(path)).startsWith(expected);
  const file = { path, isRight, fetchAgain, discard: () => rm(path, { force: true }) };
  if (await exists(path)) {
    const error = await verifyFile(path, sha256 === undefined ? {} : { sha256 }).catch((e: unknown) => e);
    if (!error) return { ...file, fresh: false };
    if (offline) throw error;
  }
  await fetchAgain();
  return { ...file, fresh: true };
}
