import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { Batch } from '@zoo/core';
import {
  DataLoader,
  type DataLoaderOptions,
  ImageDataset,
  type ImageDatasetOptions,
  split,
  subset,
} from '@zoo/datasets';
import {
  CenterCrop,
  Compose,
  customTransform,
  Normalize,
  RandomHorizontalFlip,
  RandomResizedCrop,
  Resize,
  ToTensor,
} from '@zoo/transforms';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { photo, photoFolder } from './photos.ts';
import { readBatch } from './read-batch.ts';

const augment = new Compose([
  new RandomResizedCrop(16),
  new RandomHorizontalFlip(),
  new ToTensor(),
  new Normalize([0.5, 0.4, 0.3], [0.2, 0.3, 0.4]),
]);

let photos: Awaited<ReturnType<typeof photoFolder>>;
beforeAll(async () => {
  photos = await photoFolder(14);
});
afterAll(() => photos.remove());

const open: DataLoader[] = [];
afterEach(() => Promise.all(open.splice(0).map((loader) => loader.close())));

const images = (options: Partial<ImageDatasetOptions> = {}) =>
  new ImageDataset({ items: photos.items, classNames: ['a', 'b', 'c'], transform: augment, seed: 3, ...options });

function load(dataset: ConstructorParameters<typeof DataLoader>[0], options: DataLoaderOptions): DataLoader {
  const loader = new DataLoader(dataset, options);
  open.push(loader);
  return loader;
}

async function read(batches: AsyncIterable<Batch>) {
  const all = [];
  for await (const batch of batches) all.push(await readBatch(batch));
  return all;
}

describe('workers', () => {
  test('give the batches that no worker gives: order, augmentation, labels, any epoch from any batch', async () => {
    const options = { batchSize: 4, shuffle: true, seed: 9 };
    const here = load(images(), options);
    const [first, second] = [await read(here), await read(here)];
    expect(first.map(({ inputShape }) => inputShape[0])).toEqual([4, 4, 4, 2]);
    expect(second[0]!.inputs).not.toEqual(first[0]!.inputs);
    for (const workers of [1, 3]) {
      const loader = load(images(), { ...options, workers });
      expect(await read(loader)).toEqual(first);
      expect(await read(loader.epoch(1))).toEqual(second);
      expect(await read(loader.epoch(1, { start: 2 }))).toEqual(second.slice(2));
    }
  });
});
