import { open } from 'node:fs/promises';
import { isZooError, ZooError } from '../error.ts';
import { type JsonOptions, parseJson } from '../json.ts';

/**
 * Reads a JSON file from outside; one over `maxLength` is refused unread. Throws `FILE_NOT_FOUND`, whose cause is the
 * system's error, or as `parseJson` does.
 */
export async function readJson(path: string, options: Partial<JsonOptions> = {}): Promise<unknown> {
  const { name = path, maxLength = 2 ** 26, hint } = options;
  const read = async (): Promise<Uint8Array> => {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      if (size <= maxLength) return await file.readFile();
      const message = `${name} is JSON of ${size} bytes, more than the limit of ${maxLength}.`;
      throw new ZooError('CORRUPT_FILE', hint === undefined ? message : `${message} ${hint}`);
    } finally {
      await file.close();
    }
  };
  const bytes = await read().catch((cause: Error) => {
    if (isZooError(cause)) throw cause;
    throw new ZooError('FILE_NOT_FOUND', `Could not read ${name}: ${cause.message}.`, { cause });
  });
  return parseJson(bytes, { ...options, name, maxLength });
}
