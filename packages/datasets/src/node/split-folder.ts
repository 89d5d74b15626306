import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { unknownName, ZooError } from '@zoo/core';
import { type SplitName, splitNames, splitOf } from '../split-names.ts';
import { isSystemName } from '../system-files.ts';
import { byCodePoint } from './fingerprint.ts';
import { imageFilter, kindOf, walkFolder } from './walk-folder.ts';

interface FilterOptions {
  extensions?: readonly string[] | undefined;
}

/** The folders directly in a folder, and whether images lie beside them. */
export async function lookInside(
  path: string,
  { extensions }: FilterOptions = {},
): Promise<{ folders: string[]; images: boolean }> {
  const isImage = imageFilter(extensions);
  const folders: string[] = [];
  let images = false;
  for (const entry of await readdir(path, { withFileTypes: true }).catch(() => [])) {
    if (isSystemName(entry.name)) continue;
    const kind = await kindOf(entry, join(path, entry.name));
    if (kind === 'folder') folders.push(entry.name);
    else if (kind === 'file') images ||= isImage(entry.name);
  }
  return { folders: folders.sort(byCodePoint), images };
}

/**
 * The folders of splits in `dir`, or `undefined` where its folders are classes. They are splits where all bear the name of
 * one; beside other folders only where they hold folders themselves, and either the others hold no image or training and
 * test images are both there: a class may be called `train`.
 */
export async function findSplits(
  dir: string,
  options: FilterOptions = {},
): Promise<ReadonlyMap<SplitName, readonly string[]> | undefined> {
  const { folders } = await lookInside(dir, options);
  const splits = new Map<SplitName, string[]>();
  const others: string[] = [];
  for (const name of folders) {
    const split = splitOf(name);
    if (split) splits.set(split, [...(splits.get(split) ?? []), name]);
    else others.push(name);
  }
  if (splits.size === 0) return undefined;
  if (others.length === 0) return splits;
  for (const name of [...splits.values()].flat()) {
    const inner = await lookInside(join(dir, name), options);
    if (inner.images || inner.folders.length === 0) return undefined;
  }
  if (splits.has('train') && splits.size > 1) return splits;
  for (const name of others) {
    if ((await walkFolder(join(dir, name), options)).files.length > 0) return undefined;
  }
  return splits;
}

/** Kaggle's archives often repeat a folder inside itself: `training_set/training_set/cat`. */
async function unrepeated(folder: string, split: SplitName, options: FilterOptions): Promise<string> {
  const { folders, images } = await lookInside(folder, options);
  const [only] = folders;
  if (images || folders.length !== 1 || splitOf(only!) !== split) return folder;
  return unrepeated(join(folder, only!), split, options);
}

/** Where a split may lie: who has no test images of their own measures on validation images. */
const placesOf: Readonly<Record<SplitName, readonly SplitName[]>> = {
  train: ['train'],
  val: ['val'],
  test: ['test', 'val'],
};

export function checkSplitName(split: SplitName): void {
  if (!Object.hasOwn(placesOf, split)) throw unknownName('split', String(split), splitNames);
}

/**
 * What bears the name of a split, among what bears names of splits; for 'test' what is for validation where there is
 * nothing else. Throws `FILE_NOT_FOUND` with what there is, or `DUPLICATE_NAME` where several mean the split.
 */
export function chooseSplit(
  found: ReadonlyMap<SplitName, readonly string[]>,
  { split, where }: { split: SplitName; where: string },
): string {
  for (const place of placesOf[split]) {
    const all = found.get(place) ?? [];
    if (all.length === 1) return all[0]!;
    if (all.length === 0) continue;
    const names = all.map((name) => `'${name}'`).join(' and ');
    throw new ZooError('DUPLICATE_NAME', `${where} has ${names}, which mean one split. Merge or rename them.`);
  }
  const there = [...found.values()].flat().sort(byCodePoint).join(', ');
  throw new ZooError('FILE_NOT_FOUND', `${where} has nothing for the split '${split}', only ${there}.`);
}

/**
 * The folder of a split inside `dir`, such as `dir/train`, `dir/Training` or `dir/train_set`; for 'test' the validation
 * images where there is no other. `undefined` where the folders of `dir` are classes. Throws `FILE_NOT_FOUND` where there
 * are other splits only, `DUPLICATE_NAME` where two folders mean it, `UNKNOWN_NAME` for another name than these three.
 */
export async function splitFolder(
  dir: string,
  split: SplitName,
  options: FilterOptions = {},
): Promise<string | undefined> {
  checkSplitName(split);
  const found = await findSplits(dir, options);
  if (!found) return undefined;
  const name = chooseSplit(found, { split, where: dir });
  return unrepeated(join(dir, name), splitOf(name)!, options);
}
