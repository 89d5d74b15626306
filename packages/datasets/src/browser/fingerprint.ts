import { bytesHash } from '../bytes-hash.ts';
import { Fingerprint } from '../fingerprint.ts';
import type { PlainSource } from '../workers/job.ts';

async function hashOf(source: PlainSource | undefined): Promise<string> {
  if (source === undefined) return 'none';
  if (typeof source === 'string') return `address ${source}`;
  return bytesHash(source instanceof Blob ? new Uint8Array(await source.arrayBuffer()) : source);
}

/** A hash of sources in their order: of bytes whole, of what lies at an address only that. */
export async function sourcesFingerprint(sources: readonly (PlainSource | undefined)[]): Promise<string> {
  const print = new Fingerprint();
  for (const source of sources) print.add(await hashOf(source));
  return print.toString();
}
