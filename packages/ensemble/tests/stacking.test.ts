import * as tf from '@tensorflow/tfjs-core';
import { Module, seeded } from '@zoo/core';
import type { Dataset } from '@zoo/datasets';
import { Ensemble, outOfFold, StackedClassifier, stack } from '@zoo/ensemble';
import { Linear } from '@zoo/layers';
import { logisticRegression } from '@zoo/transfer';
import { describe, expect, it } from 'vitest';
import { blobs, randomImages, toyNet, values } from './toy.ts';

const accuracy = async (logits: tf.Tensor, labels: Int32Array): Promise<number> =>
  (await values(tf.argMax(logits, -1))).filter((k, i) => k === labels[i]).length / labels.length;

/** Knows one class from the other two only. */
const specialist = (labels: Int32Array, knows: number): tf.Tensor2D =>
  tf.tensor2d(
    Array.from(labels, (label) => [0, 1, 2].map((k) => (label === knows && k === knows ? 2 : 0))),
    [labels.length, 3],
  );

/** Says the first number of each example, and its own fold. */
class FoldModel extends Module {
  readonly #fold: number;
  readonly #onDispose: () => void;

  constructor(fold: number, onDispose: () => void) {
    super();
    this.#fold = fold;
    this.#onDispose = onDispose;
  }

  forward(x: tf.Tensor): tf.Tensor {
    return tf.concat([tf.slice(x, [0, 0], [-1, 1]), tf.fill([x.shape[0]!, 1], this.#fold)], 1);
  }

  override dispose(): void {
    this.#onDispose();
  }
}

describe('stack', () => {
  const { labels } = blobs(30) as { labels: Int32Array };

  it('learns whom to believe', async () => {
    const outputs = [specialist(labels, 0), tf.neg<tf.Tensor2D>(specialist(labels, 1))];
    const before = tf.memory().numTensors;
    const stacked = await stack(outputs, labels);
    expect(tf.memory().numTensors).toBe(before);
    expect(await accuracy(stacked.predict(tf.concat(outputs, 1)), labels)).toBe(1);
    const copy = new StackedClassifier({ members: 2, numClasses: 3 });
    copy.loadStateDict(await stacked.stateDict());
    expect(await values(copy.predict(tf.concat(outputs, 1)))).toEqual(
      await values(stacked.predict(tf.concat(outputs, 1))),
    );
  });

  it('combines an ensemble, and takes logits of any size', async () => {
    const outputs = [tf.mul(specialist(labels, 0), 1000), specialist(labels, 2)];
    const combine = await stack(outputs, labels);
    const ensemble = new Ensemble({ members: { a: { net: toyNet(1) }, b: { net: toyNet(2) } }, combine });
    const logits = await values(ensemble.predict(randomImages(2)));
    expect(logits).toHaveLength(6);
    expect(logits.every(Number.isFinite)).toBe(true);
  });

  it('refuses bad inputs', async () => {
    await expect(stack([], labels)).rejects.toThrow(/at least one member/);
    await expect(stack([tf.zeros([30, 2])], labels)).rejects.toThrow(/example 2 has label 2/);
    await expect(stack([specialist(labels, 0)], labels, { l1: 1 } as never)).rejects.toThrow(/Did you mean 'l2'/);
    const stacked = await stack([specialist(labels, 0)], labels);
    expect(() => stacked.predict(tf.zeros([2, 4]))).toThrow(/1 members of 3 classes, \[n, 3\], got \[2, 4\]/);
  });
});

describe('outOfFold', () => {
  it('predicts each example by a model that has not seen it, in the order of the data', async () => {
    const data = blobs(30);
    const known: Array<Set<number>> = [];
    let disposed = 0;
    const logits = await outOfFold(data, {
      async fit(train, fold) {
        expect([0, 1, 2].map((k) => train.labels!.filter((label) => label === k).length)).toEqual([8, 8, 8]);
        const { inputs, targets } = await train.batch(Array.from({ length: train.length }, (_, i) => i));
        known.push(new Set(await inputs.data()));
        tf.dispose([inputs, targets]);
        return new FoldModel(fold, () => disposed++);
      },
      batchSize: 4,
    });
    expect(disposed).toBe(5);
    const rows = await values(logits);
    for (let i = 0; i < 30; i++) {
      const first = (data.inputs as Float32Array)[4 * i]!;
      expect(rows[2 * i]).toBe(first);
      expect(known[rows[2 * i + 1]!]!.has(first)).toBe(false);
    }
  });

  it('gives stacking what it needs, and leaves no tensor behind', async () => {
    const data = blobs(45, { noise: 0.5 });
    const before = tf.memory().numTensors;
    const logits = await outOfFold(data, { fit: (train) => logisticRegression().fit(train), folds: 3 });
    expect(tf.memory().numTensors).toBe(before + 1);
    expect(logits.shape).toEqual([45, 3]);
    expect(await accuracy(tf.clone(logits), data.labels!)).toBeGreaterThan(0.6);
    const stacked = await stack([logits], data.labels!);
    expect(await accuracy(stacked.predict(logits), data.labels!)).toBeGreaterThan(0.6);
  });

  it('refuses too few examples, and models that differ', async () => {
    const data = blobs(9);
    const fit = () => Promise.resolve(new Linear(4, 3));
    await expect(outOfFold(data, { fit, folds: 1 })).rejects.toThrow(/'folds'/);
    await expect(outOfFold(data, { fit, folds: 10 })).rejects.toThrow(/9 examples do not make 10 folds/);
    const growing = (_: Dataset, fold: number) => Promise.resolve(seeded(1, () => new Linear(4, 2 + fold)));
    await expect(outOfFold(data, { fit: growing, folds: 3 })).rejects.toThrow(/fold 1 gives 3 classes, the first 2/);
  });
});
