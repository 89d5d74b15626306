import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { FingerprintOptions } from '../dataset.ts';
import type { PlainSource } from '../workers/job.ts';
import { pathOf } from '../workers/node-decode.ts';
import { fileFingerprint } from './fingerprint.ts';

const window = 4096;
const atOnce = 64;

const hashBytes = (...pieces: (Uint8Array | string)[]): string => {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return hash.digest('hex');
};

/** Size, begin, middle and end of a file: of a compressed one they change with any of its content, in all likelihood. */
async function sampleFile(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    if (size <= 3 * window) return hashBytes(`${size} `, await file.readFile());
    const bytes = new Uint8Array(3 * window);
    const places = [0, (size - window) >> 1, size - window];
    await Promise.all(places.map((place, i) => file.read(bytes, i * window, window, place)));
    return hashBytes(`${size} `, bytes);
  } finally {
    await file.close();
  }
}

async function hashOf(source: PlainSource | undefined, whole: boolean): Promise<string> {
  if (source === undefined) return 'none';
  if (source instanceof Uint8Array) return hashBytes(source);
  if (source instanceof Blob) return hashBytes(new Uint8Array(await source.arrayBuffer()));
  const path = pathOf(source)!;
  // A file that cannot be read may be one that is left out; once it can, the hash is another.
  return (whole ? fileFingerprint(path) : sampleFile(path)).catch(() => 'unreadable');
}

/**
 * SHA-256 of sources in their order. Times of files do not count: a copied or checked out folder has others, and equal ones
 * prove nothing.
 */
export async function sourcesFingerprint(
  sources: readonly (PlainSource | undefined)[],
  { whole = false }: FingerprintOptions = {},
): Promise<string> {
  const hash = createHash('sha256');
  for (let start = 0; start < sources.length; start += atOnce) {
    const some = sources.slice(start, start + atOnce).map((source) => hashOf(source, whole));
    for (const each of await Promise.all(some)) hash.update(`${each}\n`);
  }
  return hash.digest('hex');
}
