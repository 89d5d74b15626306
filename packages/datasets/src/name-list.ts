import { nameKey, ZooError } from '@zoo/core';
import type { Dataset } from './dataset.ts';
import { subset } from './subset.ts';

/** Names from a list file: one a line; empty lines and lines that begin with `#` do not count. */
export function parseNameList(text: string, { name = 'list' }: { name?: string } = {}): string[] {
  const names = text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (names.length === 0) throw new ZooError('CORRUPT_FILE', `${name} lists no names.`);
  const seen = new Set<string>();
  for (const each of names) {
    if (seen.has(nameKey(each))) throw new ZooError('DUPLICATE_NAME', `${name} lists '${each}' twice.`);
    seen.add(nameKey(each));
  }
  return names;
}

/** A dataset whose examples have names, such as an `ImageDataset`. */
export interface NamedDataset extends Dataset {
  readonly items: readonly { readonly name: string }[];
}

const withoutExtension = (name: string): string => name.replace(/\.[^./]+$/, '');
const baseName = (name: string): string => name.slice(name.lastIndexOf('/') + 1);

/**
 * The examples that `names` lists, in that order: names in full (`cat/1.jpg`), or without folder or extension where no two
 * examples share that. Throws `UNKNOWN_NAME` for a name of no example, `DUPLICATE_NAME` for one of several.
 */
export function subsetByNames(dataset: NamedDataset, names: readonly string[]): Dataset {
  const known = dataset.items.map(({ name }) => name);
  const keys = known.map(nameKey);
  const full = new Map(keys.map((key, index) => [key, index]));
  const short = new Map<string, number[]>();
  for (const [index, name] of keys.entries()) {
    for (const key of new Set([withoutExtension(name), baseName(name), withoutExtension(baseName(name))])) {
      if (key === name) continue;
      const indices = short.get(key);
      if (indices) indices.push(index);
      else short.set(key, [index]);
    }
  }
  const indices = names.map((name) => {
    const index = full.get(nameKey(name));
    if (index !== undefined) return index;
    const matches = short.get(nameKey(name)) ?? [];
    if (matches.length === 1) return matches[0]!;
    if (matches.length === 0) {
      const example = known.length > 0 ? ` Names look like '${known[0]}'.` : '';
      throw new ZooError('UNKNOWN_NAME', `No example is called '${name}'.${example}`);
    }
    const several = matches.slice(0, 3).map((i) => known[i]);
    throw new ZooError('DUPLICATE_NAME', `'${name}' may be any of ${several.join(', ')}: list names in full.`);
  });
  return subset(dataset, indices);
}
