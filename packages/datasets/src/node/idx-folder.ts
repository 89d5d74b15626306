import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { ZooError } from '@zoo/core';
import { idxDataset } from '../idx-dataset.ts';
import type { Normalization, TensorDataset } from '../tensor-dataset.ts';
import { readCompressed } from './read-compressed.ts';

export type Split = 'train' | 'test';

export function checkSplit(split: Split): void {
  if (split === 'train' || split === 'test') return;
  throw new ZooError('INVALID_ARGUMENT', `split is 'train' or 'test', got '${split}'.`);
}

/** Paths of one split's two files. */
export interface IdxPair {
  images: string;
  labels: string;
}

const idxNames = (split: Split): IdxPair => {
  const prefix = split === 'train' ? 'train' : 't10k';
  return { images: `${prefix}-images-idx3-ubyte.gz`, labels: `${prefix}-labels-idx1-ubyte.gz` };
};

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

async function firstExisting(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await exists(path)) return path;
  return undefined;
}

/** One split's files in the first of `folders` that has both, compressed or not. */
export async function findIdxPair(folders: readonly string[], split: Split): Promise<IdxPair | undefined> {
  const names = idxNames(split);
  for (const folder of folders) {
    const [images, labels] = await Promise.all(
      [names.images, names.labels].map((name) => firstExisting([join(folder, name), join(folder, name.slice(0, -3))])),
    );
    if (images && labels) return { images, labels };
  }
  return undefined;
}

/** A data folder itself, and where other tools put Fashion-MNIST inside theirs. */
export const placesIn = (root: string): string[] => [
  root,
  join(root, 'fashion-mnist'),
  join(root, 'FashionMNIST', 'raw'), // torchvision's root
];

export interface IdxFolderOptions {
  /** Folder with `train-images-idx3-ubyte[.gz]`, `train-labels-idx1-ubyte[.gz]` and the two `t10k-` files. */
  root: string;
  split: Split;
  classNames?: readonly string[];
  normalize?: Normalization;
  /** Name for descriptions. */
  name?: string;
}

/**
 * Any labelled images in MNIST's files: MNIST itself, KMNIST, one's own. Throws `FILE_NOT_FOUND` naming the missing files,
 * `CORRUPT_FILE` naming the file that is truncated or foreign.
 */
export async function idxFolder({ root, split, ...options }: IdxFolderOptions): Promise<TensorDataset> {
  checkSplit(split);
  const pair = await findIdxPair([root], split);
  if (!pair) {
    const { images, labels } = idxNames(split);
    throw new ZooError('FILE_NOT_FOUND', `${root} needs the files ${images} and ${labels} (.gz or not).`);
  }
  const [images, labels] = [await readCompressed(pair.images), await readCompressed(pair.labels)];
  return idxDataset({ images, labels, files: pair, name: `idx-folder/${split}`, ...options });
}
