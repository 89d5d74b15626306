import * as tf from '@tensorflow/tfjs-core';
import { DataLoader, type Dataset, subset, TensorDataset } from '@zoo/datasets';
import { concatFeatures, FeatureEnsemble, type Features } from '@zoo/ensemble';
import { Adam, crossEntropy, Trainer } from '@zoo/train';
import { extractFeatures, type FeatureSet } from '@zoo/transfer';
import { describe, expect, it } from 'vitest';
import { blobs, toyNet } from './toy.ts';

/** A dataset that describes itself so. */
const described = (dataset: Dataset, description: object): Dataset =>
  Object.assign(Object.create(dataset) as Dataset, { describe: () => ({ ...dataset.describe(), ...description }) });

const rows = (inputs: number[], width: number, targets = Int32Array.of(0, 1)): Dataset =>
  new TensorDataset({ inputs: Float32Array.from(inputs), inputShape: [width], targets });

describe('concatFeatures', () => {
  it('puts the features side by side', async () => {
    const all = concatFeatures({ a: rows([1, 2], 1), b: rows([3, 4, 5, 6], 2) });
    expect(all.widths).toEqual({ a: 1, b: 2 });
    expect(all.inputShape).toEqual([3]);
    expect(all.labels).toEqual(Int32Array.of(0, 1));
    const before = tf.memory().numTensors;
    const { inputs, targets } = await all.batch([1, 0]);
    expect(tf.memory().numTensors).toBe(before + 2);
    expect(Array.from(await inputs.data())).toEqual([2, 5, 6, 1, 3, 4]);
    expect(Array.from(await targets.data())).toEqual([1, 0]);
    tf.dispose([inputs, targets]);
    expect(all.describe()).toMatchObject({ name: 'features of a + b', length: 2, inputShape: [3] });
  });

  it('leaves nothing behind when one part fails', async () => {
    const failing = Object.assign(rows([1, 2], 1), { batch: () => Promise.reject(new Error('gone')) });
    const all = concatFeatures({ a: rows([1, 2], 1), b: failing });
    const before = tf.memory().numTensors;
    await expect(Promise.resolve(all.batch([0]))).rejects.toThrow('gone');
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuses sets of other examples', () => {
    const first = described(rows([1, 2], 1), { data: 'abc' });
    const against = (other: Features) => () => concatFeatures({ first, other });
    expect(() => concatFeatures({})).toThrow(/at least one/);
    expect(against(rows([1, 2, 3], 1, Int32Array.of(0, 1, 0)))).toThrow(/2 against 3 examples/);
    expect(against(rows([1, 2], 1, Int32Array.of(1, 0)))).toThrow(/example 0 has label 0 against 1/);
    expect(against(described(rows([1, 2], 1), { data: 'abd' }))).toThrow(/their data differ/);
    const regression = new TensorDataset({
      inputs: Float32Array.of(1, 2),
      inputShape: [1],
      targets: Float32Array.of(0, 1),
    });
    expect(against(regression)).toThrow(/'other' has no labels/);
    const named = Object.assign(rows([1, 2], 1), { classNames: ['x', 'y'] });
    expect(against(named)).toThrow(/class names null against \["x","y"\]/);
    expect(against(rows([5, 6], 1))).not.toThrow();
  });

  it('tells selections of one dataset apart, wherever they were made', () => {
    const data = rows([1, 2, 3, 4], 1, Int32Array.of(0, 0, 0, 0));
    const set = (indices: number[]) => {
      const part = subset(data, indices);
      return described(part, { selection: undefined, of: part.describe() });
    };
    expect(() => concatFeatures({ a: set([0, 1]), b: set([1, 0]) })).toThrow(/same examples in the same order/);
    expect(() => concatFeatures({ a: set([0, 1]), b: set([0, 1]) })).not.toThrow();
  });
});

describe('concatFeatures of feature sets', () => {
  const images = (order: number[]) => {
    const data = blobs(6);
    return subset(
      new TensorDataset({ inputs: new Float32Array(6 * 108).fill(0.5), inputShape: [6, 6, 3], targets: data.targets }),
      order,
    );
  };

  it('takes what extractFeatures gives, and knows another selection by its examples', async () => {
    const order = [0, 3, 1, 4];
    const first = await extractFeatures(toyNet(1), images(order));
    const second = await extractFeatures(toyNet(2), images(order));
    const all = concatFeatures({ first, second });
    expect(all.widths).toEqual({ first: 4, second: 4 });
    expect(all.labels).toEqual(Int32Array.of(0, 0, 1, 1));
    const other = await extractFeatures(toyNet(2), images([3, 0, 1, 4]));
    expect(() => concatFeatures({ first, other })).toThrow(/same examples in the same order: their data differ/);
    const fewer = Object.assign(Object.create(second) as FeatureSet, { examples: Uint32Array.of(0, 1, 2, 5) });
    expect(() => concatFeatures({ first, fewer })).toThrow(/row 3 is example 3 against 5/);
  });
});

describe('FeatureEnsemble', () => {
  it('is the sum of the projections through one output layer', async () => {
    const net = new FeatureEnsemble({ features: { a: 1, b: 2 }, hidden: 2, numClasses: 1, dropRate: 0.5 });
    const host = (shape: number[], data: number[]) =>
      ({ dtype: 'float32', shape, data: Float32Array.from(data) }) as const;
    net.loadStateDict(
      new Map([
        ['projections.a.weight', host([2, 1], [1, 2])],
        ['projections.a.bias', host([2], [0.5, 0])],
        ['projections.b.weight', host([2, 2], [3, 4, 5, 6])],
        ['projections.b.bias', host([2], [0, -1])],
        ['output.weight', host([1, 2], [10, 100])],
        ['output.bias', host([1], [7])],
      ]),
    );
    // a = 1 -> [1.5, 2]; b = [2, 3] -> [18, 27]; sum [19.5, 29]
    const before = tf.memory().numTensors;
    const logits = tf.tidy(() => net.predict(tf.tensor2d([[1, 2, 3]])));
    expect(Array.from(await logits.data())).toEqual([195 + 2900 + 7]);
    logits.dispose();
    net.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('learns from concatenated features what neither part knows alone', async () => {
    const both = blobs(60, { noise: 0.3, width: 4 });
    const part = (from: number, width: number) => {
      const inputs = Float32Array.from({ length: 60 * width }, (_, i) => {
        const row = Math.floor(i / width);
        return (both.inputs as Float32Array)[row * 4 + from + (i % width)]!;
      });
      return new TensorDataset({ inputs, inputShape: [width], targets: both.targets, classNames: both.classNames! });
    };
    const all = concatFeatures({ left: part(0, 1), right: part(1, 3) });
    const model = new FeatureEnsemble({ features: all.widths, hidden: 8, numClasses: 3, dropRate: 0.1, seed: 1 });
    const trainer = new Trainer({ model, optimizer: new Adam(model.parameters(), { lr: 0.05 }), loss: crossEntropy });
    const loader = new DataLoader(all, { batchSize: 60 });
    const before = tf.memory().numTensors;
    await trainer.fit(loader, { epochs: 15 });
    const { accuracy } = await trainer.evaluate(loader);
    expect(accuracy).toBeGreaterThan(0.95);
    trainer.dispose();
    model.dispose();
    expect(tf.memory().numTensors).toBeLessThanOrEqual(before);
  });

  it('refuses bad options and inputs', () => {
    const options = { features: { a: 1 }, numClasses: 2 };
    expect(() => new FeatureEnsemble({ features: {}, numClasses: 2 })).toThrow(/features` is empty/);
    expect(() => new FeatureEnsemble({ features: { a: 0 }, numClasses: 2 })).toThrow(/features.a/);
    expect(() => new FeatureEnsemble({ features: { 'a.b': 1 }, numClasses: 2 })).toThrow(/has a dot/);
    expect(() => new FeatureEnsemble({ ...options, numClasses: 0 })).toThrow(/numClasses/);
    expect(() => new FeatureEnsemble({ ...options, dropout: 0.5 } as never)).toThrow(/Did you mean 'dropRate'/);
    expect(() => new FeatureEnsemble(options).predict(tf.zeros([2, 3]))).toThrow(/\[n, 1\] \(a 1\), got \[2, 3\]/);
  });
});
