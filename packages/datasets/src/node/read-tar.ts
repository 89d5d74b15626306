import { stat } from 'node:fs/promises';
import { ZooError } from '@zoo/core';
import { list } from 'tar';
import { expandedLimit } from '../expansion.ts';

const maxFileBytes = 2 ** 29;

/**
 * The files `names` of a tar archive, .gz or not, by their name without folders; nothing is written to the disk. Throws
 * `CORRUPT_FILE` naming an archive that is damaged, cut short or lacks one of them.
 */
export async function readTar(path: string, names: readonly string[]): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Buffer[]>();
  let refusal: ZooError | undefined; // thrown while the stream flows it would end the process
  const fail = (message: string, cause?: unknown): ZooError =>
    new ZooError('CORRUPT_FILE', `${path} ${message}`, { cause });
  try {
    const { size } = await stat(path);
    const limit = expandedLimit(size);
    await list({
      file: path,
      strict: true,
      maxReadSize: 2 ** 16, // each piece expands at once
      maxDecompressionRatio: limit / size,
      onReadEntry: (entry) => {
        const name = entry.path.slice(entry.path.lastIndexOf('/') + 1);
        if (!names.includes(name) || (entry.type !== 'File' && entry.type !== 'OldFile')) return;
        if (found.has(name)) refusal ??= fail(`has ${name} twice.`);
        if (entry.size > Math.min(limit, maxFileBytes)) {
          refusal ??= fail(`has ${entry.size} bytes in ${name}, which is too large.`);
        }
        if (refusal) return;
        const pieces: Buffer[] = [];
        found.set(name, pieces);
        entry.on('data', (piece) => pieces.push(piece));
      },
    });
  } catch (cause) {
    if (refusal) throw refusal;
    throw fail(`is damaged or cut short (${(cause as Error).message}). Fetch it again.`, cause);
  }
  if (refusal) throw refusal;
  const missing = names.filter((name) => !found.has(name));
  if (missing.length > 0) throw fail(`lacks ${missing.join(', ')}.`);
  return new Map(names.map((name) => [name, new Uint8Array(Buffer.concat(found.get(name)!))]));
}
