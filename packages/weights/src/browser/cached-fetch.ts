import { isZooError, ZooError } from '@zoo/core';
import { checkAddress } from '@zoo/core/download';
import { type FetchBytesOptions, fetchBytes } from './fetch-bytes.ts';

export interface CachedFetchOptions extends Omit<FetchBytesOptions, 'hashed'> {
  sha256?: string | undefined;
  hashPrefix?: string | undefined;
  offline?: boolean | undefined;
  allowInsecure?: boolean | undefined;
  onNotice?: ((notice: string) => void) | undefined;
  cacheName: string;
}

/** Absent in insecure contexts and in some private windows; then everything is fetched anew. */
const openCache = (name: string): Promise<Cache | undefined> =>
  typeof caches === 'undefined' ? Promise.resolve(undefined) : caches.open(name).catch(() => undefined);

async function sha256Of(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const expectedHash = ({ sha256, hashPrefix }: CachedFetchOptions): string | undefined =>
  sha256?.toLowerCase() ?? hashPrefix;

/** Throws `CHECKSUM_MISMATCH` unless the bytes have the hash that is asked for. */
async function verify(bytes: Uint8Array<ArrayBuffer>, options: CachedFetchOptions): Promise<void> {
  const expected = expectedHash(options);
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

/** The cached answer opened, or why it cannot be: it has another hash, or is damaged. */
async function openHit<T>(
  hit: Response,
  options: CachedFetchOptions,
  open: (bytes: Uint8Array) => T,
): Promise<{ value: T } | { damage: ZooError }> {
  try {
    const bytes = new Uint8Array(await hit.arrayBuffer());
    await verify(bytes, options);
    return { value: open(bytes) };
  } catch (error) {
    const code = isZooError(error) ? error.code : undefined;
    const again = code === 'CHECKSUM_MISMATCH' || (code === 'CORRUPT_FILE' && expectedHash(options) === undefined);
    if (again) return { damage: error as ZooError };
    throw error;
  }
}

/**
 * The content of an address as `open` makes it, from the browser's Cache API, or from the network and then kept there once
 * its hash is right and it opens. What is damaged in the cache is fetched again.
 * Throws `DOWNLOAD_FAILED`, `CHECKSUM_MISMATCH`, `FILE_NOT_FOUND` when offline, `INTERRUPTED`, `INVALID_ARGUMENT` for plain
 * `http:` without a hash, or what `open` throws.
 */
export async function cachedFetch<T>(
  url: string,
  options: CachedFetchOptions,
  open: (bytes: Uint8Array) => T,
): Promise<T> {
  const { name, allowInsecure = false, offline, onNotice } = options;
  const hashed = expectedHash(options) !== undefined;
  checkAddress(url, { hashed, allowInsecure });
  const cache = await openCache(options.cacheName);
  const hit = await cache?.match(url);
  const opened = hit && (await openHit(hit, options, open));
  if (opened && 'value' in opened) return opened.value;
  if (offline) {
    throw (
      opened?.damage ?? new ZooError('FILE_NOT_FOUND', `${url} is not in this browser's cache, and offline is set.`)
    );
  }
  if (opened) await cache!.delete(url);
  const bytes = await fetchBytes(url, { ...options, hashed });
  await verify(bytes, options);
  let value: T;
  try {
    value = open(bytes);
  } catch (error) {
    if (!isZooError(error) || error.code !== 'CORRUPT_FILE') throw error;
    const again = opened ? 'It was fetched again and is still damaged' : 'It came so from the server';
    throw new ZooError('CORRUPT_FILE', `${error.message} ${again}; nothing was kept of it.`, { cause: error });
  }
  try {
    await cache?.put(url, new Response(bytes, { headers: { 'content-length': String(bytes.length) } }));
  } catch (error) {
    onNotice?.(`${name} could not be kept for the next visit: ${(error as Error).message}.`);
  }
  return value;
}
