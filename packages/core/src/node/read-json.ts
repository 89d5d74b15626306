import { type JsonOptions, parseJson } from '../json.ts';
import { readSmallFile } from './read-small-file.ts';

/**
 * Reads a JSON file from outside; one over `maxLength` is refused unread. Throws `FILE_NOT_FOUND`, whose cause is the
 * system's error, or as `parseJson` does.
 */
export async function readJson(path: string, options: Partial<JsonOptions> = {}): Promise<unknown> {
  const { name = path, maxLength = 2 ** 26 } = options;
  const bytes = await readSmallFile(path, { name, maxBytes: maxLength });
  return parseJson(bytes, { ...options, name, maxLength });
}
