import { readFile, stat } from 'node:fs/promises';
import { ZooError } from '@zoo/core';

/** V8's strings hold no more. */
const largest = 2 ** 29 - 25;

/**
 * A text file in UTF-8. Throws `FILE_NOT_FOUND`, `NOT_SUPPORTED` for more than 512 MiB, or `CORRUPT_FILE` for another
 * encoding, naming the file.
 */
export async function readText(path: string): Promise<string> {
  const unreadable = (cause: Error): never => {
    throw new ZooError('FILE_NOT_FOUND', `Could not read ${path}: ${cause.message}.`, { cause });
  };
  const { size } = await stat(path).catch(unreadable);
  if (size > largest) throw new ZooError('NOT_SUPPORTED', `${path} is larger than 512 MiB: divide it.`);
  const bytes = await readFile(path).catch(unreadable);
  const sixteen = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  const wrong = (cause?: unknown): ZooError =>
    new ZooError('CORRUPT_FILE', `${path} is ${sixteen ? 'in UTF-16' : 'no text in UTF-8'}: save it as UTF-8.`, {
      cause,
    });
  if (bytes.includes(0)) throw wrong(); // UTF-16 without its mark passes for UTF-8
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes); // drops a byte order mark
  } catch (cause) {
    throw wrong(cause);
  }
}
