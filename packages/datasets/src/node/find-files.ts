import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { nameKey } from '@zoo/core';
import { fileSizes } from './fingerprint.ts';

export interface FoundFile {
  path: string;
  /** In bytes. */
  size: number;
}

const isAscii = (name: string): boolean => /^[\0-\x7f]*$/.test(name);

/**
 * Files below `root` by their names with `/`, `undefined` for those that are not there. Where a list and the disk spell an
 * accent differently, the file is found all the same, under its name on disk.
 */
export async function findFiles(root: string, names: readonly string[]): Promise<(FoundFile | undefined)[]> {
  const paths = names.map((name) => join(root, name));
  const sizes = await fileSizes(paths);
  const lists = new Map<string, Promise<ReadonlyMap<string, string>>>();
  const list = (folder: string): Promise<ReadonlyMap<string, string>> => {
    const known = lists.get(folder);
    if (known) return known;
    const entries = readdir(folder).catch((): string[] => []);
    const byKey = entries.then((all) => new Map(all.map((name) => [nameKey(name), name])));
    lists.set(folder, byKey);
    return byKey;
  };
  const onDisk = async (name: string): Promise<string | undefined> => {
    let path = root;
    for (const part of name.split('/')) {
      const own = (await list(path)).get(nameKey(part));
      if (own === undefined) return undefined;
      path = join(path, own);
    }
    return path;
  };
  for (const [i, name] of names.entries()) {
    if (sizes[i] !== undefined || isAscii(name)) continue;
    const path = await onDisk(name);
    if (path === undefined) continue;
    paths[i] = path;
    [sizes[i]] = await fileSizes([path]);
  }
  return paths.map((path, i) => (sizes[i] === undefined ? undefined : { path, size: sizes[i] }));
}
