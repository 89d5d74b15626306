import * as tf from '@tensorflow/tfjs-core';
import type { Batch } from '@zoo/core';
import { describe, expect, it } from 'vitest';
import { DataLoader, type Dataset, TensorDataset } from '../src/index.ts';
import { readBatch } from './read-batch.ts';

const numbered = (n: number): TensorDataset =>
  new TensorDataset({
    inputs: Float32Array.from({ length: n }, (_, i) => i),
    inputShape: [1],
    targets: new Int32Array(n),
  });

async function values(batches: AsyncIterable<Batch>): Promise<number[][]> {
  const all: number[][] = [];
  for await (const batch of batches) all.push((await readBatch(batch)).inputs);
  return all;
}

/** Delivers late, and says how many batches were asked for. */
class SlowDataset implements Dataset {
  readonly source = numbered(10);
  readonly length = 10;
  readonly inputShape = [1];
  asked = 0;
  failAt: number | undefined;

  async batch(indices: ArrayLike<number>): Promise<Batch> {
    this.asked++;
    await new Promise((resolve) => setTimeout(resolve, 2));
    if (Array.from(indices).includes(this.failAt ?? -1)) throw new Error(`broken image ${this.failAt}`);
    return this.source.batch(indices);
  }

  describe() {
    return this.source.describe();
  }
}

describe('DataLoader', () => {
  it('covers the dataset in batches', async () => {
    const loader = new DataLoader(numbered(7), { batchSize: 3 });
    expect([loader.numBatches, loader.numExamples]).toEqual([3, 7]);
    expect(await values(loader)).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
    const dropping = new DataLoader(numbered(7), { batchSize: 3, dropLast: true });
    expect([dropping.numBatches, dropping.numExamples]).toEqual([2, 6]);
    expect(await values(dropping)).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
    expect(await values(new DataLoader(numbered(2), { batchSize: 3, dropLast: true }))).toEqual([]);
  });

  it('shuffles every epoch anew, by seed and epoch alone', async () => {
    const make = (seed: number, prefetch = 0) =>
      new DataLoader(numbered(20), { batchSize: 6, shuffle: true, seed, prefetch });
    const loader = make(1);
    const first = await values(loader);
    const second = await values(loader);
    expect(first.flat().sort((a, b) => a - b)).toEqual([...Array(20).keys()]);
    expect(first.flat()).not.toEqual([...Array(20).keys()]);
    expect(second).not.toEqual(first);
    expect(await values(loader.epoch(0))).toEqual(first);
    expect(await values(make(1, 3).epoch(1))).toEqual(second);
    expect(await values(make(2).epoch(0))).not.toEqual(first);
    expect([...loader.order(1)]).toEqual(second.flat());
  });

  it('begins an epoch at any batch', async () => {
    const loader = new DataLoader(numbered(20), { batchSize: 6, shuffle: true, prefetch: 2 });
    const whole = await values(loader.epoch(5));
    for (let start = 0; start <= 4; start++) {
      expect(await values(loader.epoch(5, { start }))).toEqual(whole.slice(start));
    }
    expect(() => loader.epoch(5, { start: 5 })).toThrow(/start is 5, but an epoch has 4 batches/);
    expect(() => loader.epoch(-1)).toThrow(/epoch is a whole number/);
  });

  it('works ahead by as many batches as prefetch says, in order', async () => {
    const dataset = new SlowDataset();
    const batches = new DataLoader(dataset, { batchSize: 1, prefetch: 3 }).epoch(0)[Symbol.asyncIterator]();
    const first = await batches.next();
    expect(dataset.asked).toBe(4);
    expect((await readBatch(first.value as Batch)).inputs).toEqual([0]);
    await batches.return?.();
    expect(dataset.asked).toBe(4);
    expect(await values(new DataLoader(dataset, { batchSize: 4, prefetch: 9 }))).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ]);
  });

  it('leaves no tensor behind when a loop ends early, by break or by an error', async () => {
    const before = tf.memory().numTensors;
    for (const dataset of [numbered(10), new SlowDataset()]) {
      const loader = new DataLoader(dataset, { batchSize: 2, prefetch: 3 });
      for await (const batch of loader) {
        await readBatch(batch);
        break;
      }
      expect(tf.memory().numTensors).toBe(before);
      const failing = async () => {
        for await (const batch of loader) {
          await readBatch(batch);
          throw new Error('in the loop');
        }
      };
      await expect(failing()).rejects.toThrow('in the loop');
      expect(tf.memory().numTensors).toBe(before);
    }
  });

  it('passes on a failed batch when its turn comes, after the good ones', async () => {
    const before = tf.memory().numTensors;
    const dataset = new SlowDataset();
    dataset.failAt = 4;
    const seen: number[] = [];
    const run = async () => {
      for await (const batch of new DataLoader(dataset, { batchSize: 2, prefetch: 4 })) {
        seen.push(...(await readBatch(batch)).inputs);
      }
    };
    await expect(run()).rejects.toThrow('broken image 4');
    expect(seen).toEqual([0, 1, 2, 3]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('keeps the number of tensors constant over many epochs', async () => {
    const loader = new DataLoader(numbered(10), { batchSize: 3, shuffle: true, prefetch: 2 });
    const before = tf.memory().numTensors;
    for (let epoch = 0; epoch < 20; epoch++) {
      await values(loader);
      expect(tf.memory().numTensors).toBe(before);
    }
  });

  it('refuses bad options', () => {
    for (const options of [{ batchSize: 0 }, { batchSize: 1.5 }, { prefetch: -1 }, { seed: -1 }, { seed: 0.5 }]) {
      expect(() => new DataLoader(numbered(3), options)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    }
  });
});
