import { open } from 'node:fs/promises';
import { isZooError, ZooError } from '../error.ts';

/**
 * A file's bytes; one over `maxBytes` is refused unread. `name` stands for the file in errors. Throws `FILE_NOT_FOUND`,
 * whose cause is the system's error, or `CORRUPT_FILE`.
 */
export async function readSmallFile(
  path: string,
  { name = path, maxBytes }: { name?: string; maxBytes: number },
): Promise<Uint8Array> {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      if (size <= maxBytes) return await file.readFile();
      throw new ZooError('CORRUPT_FILE', `${name} has ${size} bytes, more than the limit of ${maxBytes}.`);
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (isZooError(cause)) throw cause;
    throw new ZooError('FILE_NOT_FOUND', `Could not read ${name}: ${(cause as Error).message}.`, { cause });
  }
}
