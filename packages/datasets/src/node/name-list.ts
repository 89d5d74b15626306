import { parseNameList } from '../name-list.ts';
import { readText } from './read-text.ts';

/** The names that a file lists, one a line, for `subsetByNames`. Throws `FILE_NOT_FOUND` or as `parseNameList`. */
export async function readNameList(path: string): Promise<string[]> {
  return parseNameList(await readText(path), { name: path });
}
