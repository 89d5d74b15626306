import { isUtf8 } from 'node:buffer';
import { readFile, stat } from 'node:fs/promises';
import { ZooError } from '@zoo/core';

/** V8's strings hold no more. */
const largest = 2 ** 29 - 25;

/**
 * The bytes of a text file in UTF-8, without its byte order mark. Throws `FILE_NOT_FOUND`, `NOT_SUPPORTED` for more than
 * 512 MiB, or `CORRUPT_FILE` for another encoding, naming the file.
 */
export async function readUtf8(path: string): Promise<Buffer> {
  const unreadable = (cause: Error): never => {
    throw new ZooError('FILE_NOT_FOUND', `Could not read ${path}: ${cause.message}.`, { cause });
  };
  const { size } = await stat(path).catch(unreadable);
  if (size > largest) throw new ZooError('NOT_SUPPORTED', `${path} is larger than 512 MiB: divide it.`);
  const bytes = await readFile(path).catch(unreadable);
  const begins = (...mark: readonly number[]): boolean => mark.every((byte, i) => bytes[i] === byte);
  if (isUtf8(bytes) && !bytes.includes(0)) return begins(0xef, 0xbb, 0xbf) ? bytes.subarray(3) : bytes;
  // UTF-16 without its mark may pass for UTF-8, but for its zeros.
  const found = begins(0xff, 0xfe) || begins(0xfe, 0xff) ? 'is in UTF-16' : 'is no text in UTF-8';
  throw new ZooError('CORRUPT_FILE', `${path} ${found}: save it as UTF-8.`);
}

/** A text file in UTF-8. Throws as `readUtf8`. */
export const readText = async (path: string): Promise<string> => (await readUtf8(path)).toString('utf8');
