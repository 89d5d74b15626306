import { readFile } from 'node:fs/promises';
import { ZooError } from '@zoo/core';

/** A text file in UTF-8. Throws `FILE_NOT_FOUND`, or `CORRUPT_FILE` for another encoding, naming the file. */
export async function readText(path: string): Promise<string> {
  const bytes = await readFile(path).catch((cause: Error) => {
    throw new ZooError('FILE_NOT_FOUND', `Could not read ${path}: ${cause.message}.`, { cause });
  });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes); // drops a byte order mark
  } catch (cause) {
    throw new ZooError('CORRUPT_FILE', `${path} is no text in UTF-8: save it as such.`, { cause });
  }
}
