import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { cannotRead } from './cannot-read.ts';

/** SHA-256 of a file's content in lower-case hex, read in pieces. Throws `FILE_NOT_FOUND`. */
export async function sha256File(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(piece);
  } catch (cause) {
    throw cannotRead(path, cause);
  }
  return hash.digest('hex');
}
