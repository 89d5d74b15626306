// Extracts features of toy images to argv[2] and prints a letter per batch. argv[3]: number of images; argv[4]: milliseconds between
// batches, so that a test can kill the process in between.
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuBackend } from '@zoo/backend-cpu';
import { type Batch, chooseBackend } from '@zoo/core';
import type { Dataset } from '@zoo/datasets';
import { lenet5_relu } from '@zoo/lenet';
import { extractFeatures } from '../src/node.ts';
import { toyImages } from './toy-images.ts';

await chooseBackend({ registry: { backends: () => [cpuBackend()] }, only: 'cpu' });
const [, , dir = '', length = '', pause = '0'] = process.argv;
const images = toyImages(Number(length));
const slowly: Dataset = Object.assign(Object.create(images) as Dataset, {
  async batch(indices: ArrayLike<number>): Promise<Batch> {
    await sleep(Number(pause));
    return images.batch(indices);
  },
});
process.stdout.write('a');
await extractFeatures(lenet5_relu({ seed: 1 }), slowly, {
  dir,
  taps: ['preLogits', 'features'],
  batchSize: 2,
  shardRows: 8,
  onProgress: () => process.stdout.write('b'),
});
