import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import type { Module } from '@zoo/core';
import { DataLoader, type Dataset } from '@zoo/datasets';
import { fashionMnist, fashionMnistMini } from '@zoo/datasets/node';
import { loadModel } from '@zoo/weights/node';
import { describe, expect, it } from 'vitest';
import { familyRegistry } from '../families.ts';

const registry = familyRegistry();
const shipped = registry.listModels().filter((name) => 'FASHION_MNIST' in registry.model(name).weights);
const officialTestSet = existsSync(process.env['ZOO_DATA'] ?? '/usr/share/datasets/fashion-mnist');

async function accuracy(net: Module, data: Dataset): Promise<number> {
  const loader = new DataLoader(data, { batchSize: 500 });
  let correct = 0;
  for await (const { inputs, targets } of loader.epoch(0)) {
    const hits = tf.tidy(() => tf.sum(tf.cast(tf.equal(tf.argMax(net.predict(inputs), 1), targets), 'int32')));
    correct += (await hits.data())[0]!;
    tf.dispose([hits, inputs, targets]);
  }
  return correct / loader.numExamples;
}

it('three families ship weights', () => {
  expect(new Set(shipped.map((name) => registry.model(name).plugin)).size).toBeGreaterThanOrEqual(3);
});

describe.each(shipped)('%s with its shipped weights', (name) => {
  const record = registry.model(name).weights['FASHION_MNIST']!;

  it('is a file of at most 4 MB', () => {
    expect(statSync(fileURLToPath(record.url)).size).toBeLessThanOrEqual(4e6);
  });

  it('reaches its accuracy', async () => {
    const net = (await loadModel(registry, name, { weights: 'FASHION_MNIST' })) as Module;
    // The whole test set where Debian's package or ZOO_DATA has it, else the thousand images in the repository.
    if (officialTestSet) {
      const measured = await accuracy(net, await fashionMnist({ split: 'test', download: false }));
      expect(measured).toBeGreaterThanOrEqual(0.9);
      expect(100 * measured).toBeCloseTo(record.metrics['acc1']!, 1);
    } else {
      expect(await accuracy(net, await fashionMnistMini({ split: 'test' }))).toBeGreaterThanOrEqual(0.88);
    }
    net.dispose();
  });
});
