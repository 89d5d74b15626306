import { fileURLToPath } from 'node:url';
import { fashionMnistClassNames } from './fashion-mnist.ts';
import { idxFolder, type Split } from './node/idx-folder.ts';
import type { Normalization, TensorDataset } from './tensor-dataset.ts';

// This file stays directly under src/, so that the path is the same from dist/.
const folder = new URL('../data/fashion-mnist-mini/', import.meta.url);

export interface FashionMnistMiniOptions {
  split: Split;
  normalize?: Normalization;
}

/**
 * The part of Fashion-MNIST that this package ships: the first 200 train and 100 test images of each class, 2,000 and 1,000
 * in all. Needs no network. See data/fashion-mnist-mini/PROVENANCE.md.
 */
export async function fashionMnistMini({ split, ...options }: FashionMnistMiniOptions): Promise<TensorDataset> {
  const root = fileURLToPath(folder);
  return idxFolder({
    root,
    split,
    name: `fashion-mnist-mini/${split}`,
    classNames: fashionMnistClassNames,
    ...options,
  });
}
