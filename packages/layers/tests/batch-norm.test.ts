import * as tf from '@tensorflow/tfjs-core';
import { valueAndGrads } from '@zoo/core';
import { fillModule, gradCheck, relativeError } from '@zoo/testing';
import { describe, expect, test } from 'vitest';
import { BatchNorm1d, BatchNorm2d, batchNormInference, batchNormTraining } from '../src/index.ts';
import { toTensor, values } from './naive.ts';

const host = async (layer: BatchNorm1d, name: string) => Array.from((await layer.stateDict()).get(name)!.data, Number);
const column = [1, 2, 3, 6]; // mean 3, biased variance 3.5, unbiased 14 / 3
const batch = () => tf.tensor2d(column, [4, 1]);

describe('running statistics', () => {
  test('move by momentum towards the mean and the unbiased variance', async () => {
    const layer = new BatchNorm1d(1, { momentum: 0.2 });
    layer.call(batch());
    expect((await host(layer, 'running_mean'))[0]).toBeCloseTo(0.6, 5);
    expect((await host(layer, 'running_var'))[0]).toBeCloseTo(0.8 + 0.2 * (14 / 3), 5);
    expect(await host(layer, 'num_batches_tracked')).toEqual([1]);
  });

  test('without momentum average all batches alike', async () => {
    const layer = new BatchNorm1d(1, { momentum: null });
    layer.call(batch());
    layer.call(tf.add(batch(), 4));
    expect((await host(layer, 'running_mean'))[0]).toBeCloseTo(5, 5);
    expect((await host(layer, 'running_var'))[0]).toBeCloseTo(14 / 3, 5);
  });

  test('stand still in evaluation, in predict and when frozen', async () => {
    const layer = new BatchNorm1d(1);
    layer.predict(batch());
    layer.eval().call(batch());
    layer.train().freeze().call(batch());
    expect(await host(layer, 'num_batches_tracked')).toEqual([0]);
    expect(await host(layer, 'running_mean')).toEqual([0]);
  });

  test('are used when frozen, although training', async () => {
    const layer = new BatchNorm1d(1, { eps: 0 }).freeze();
    expect(Array.from(await layer.call(batch()).data())).toEqual(column);
  });

  test('can be left out; then evaluation uses the batch', async () => {
    const layer = new BatchNorm1d(1, { trackRunningStats: false, affine: false, eps: 0 }).eval();
    expect([...layer.stateEntries()]).toEqual([]);
    const expected = column.map((v) => (v - 3) / Math.sqrt(3.5));
    expect(relativeError(await layer.call(batch()).data(), expected)).toBeLessThan(1e-6);
  });

  test('are not recorded: no gradient flows through them and no tensor stays', () => {
    const layer = new BatchNorm2d(2);
    const x = toTensor(values('x', [2, 3, 3, 2]));
    layer.materialize();
    const before = tf.memory().numTensors;
    for (let step = 0; step < 3; step++) {
      const { value, grads } = valueAndGrads(() => tf.sum(tf.square(layer.call(x))), layer.parameters());
      tf.dispose([value, ...grads.values()]);
    }
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('gradients', () => {
  const x = values('x', [3, 2, 2, 3]);
  const [weight, bias] = [tf.tensor1d([0.5, -1.5, 2]), tf.tensor1d([0.1, 0.2, 0.3])];

  test('of a training batch', async () => {
    await gradCheck((t) => batchNormTraining(t, { weight, bias }), toTensor(x));
    await gradCheck((t) => batchNormTraining(t, {}), toTensor(x));
    await gradCheck((t) => batchNormTraining(toTensor(x), { weight: t, bias }), weight);
    await gradCheck((t) => batchNormTraining(toTensor(x), { weight, bias: t }), bias);
  });

  test('with given statistics', async () => {
    const statistics = { mean: tf.tensor1d([0.5, -1, 2]), variance: tf.tensor1d([0.5, 1, 3]) };
    await gradCheck((t) => batchNormInference(t, { ...statistics, weight, bias }), toTensor(x));
    await gradCheck((t) => batchNormInference(t, statistics), toTensor(x));
    await gradCheck((t) => batchNormInference(toTensor(x), { ...statistics, weight: t, bias }), weight);
    await gradCheck((t) => batchNormInference(toTensor(x), { ...statistics, weight, bias: t }), bias);
  });
});

test('BatchNorm1d takes [n, c] and [n, l, c] alike', async () => {
  const layer = new BatchNorm1d(3);
  fillModule(layer);
  const flat = values('x', [8, 3]);
  const y = await layer.call(toTensor(flat)).data();
  const sequence = await layer.call(toTensor({ ...flat, shape: [2, 4, 3] })).data();
  expect(relativeError(sequence, Array.from(y))).toBeLessThan(1e-6);
});

test('a large mean beside a small spread keeps its precision in training', async () => {
  const layer = new BatchNorm1d(1, { eps: 0 });
  const y = await layer.call(tf.add(batch(), 4096)).data();
  expect(
    relativeError(
      y,
      column.map((v) => (v - 3) / Math.sqrt(3.5)),
    ),
  ).toBeLessThan(1e-3);
});

test('state dict has PyTorch names, order and shapes', () => {
  expect(Array.from(new BatchNorm2d(4).stateEntries(), ([name, entry]) => [name, entry.shape])).toEqual([
    ['weight', [4]],
    ['bias', [4]],
    ['running_mean', [4]],
    ['running_var', [4]],
    ['num_batches_tracked', []],
  ]);
});

test('wrong inputs are named', () => {
  expect(() => new BatchNorm2d(3).call(tf.zeros([2, 4, 4, 1]))).toThrow('expected [n, h, w, 3], got [2, 4, 4, 1]');
  expect(() => new BatchNorm1d(3).call(tf.zeros([2, 4]))).toThrow('expected [n, 3] or [n, l, 3], got [2, 4]');
  expect(() => new BatchNorm1d(3).call(tf.zeros([1, 3]))).toThrow('more than 1 value per channel');
  expect(new BatchNorm1d(3).predict(tf.zeros([1, 3])).shape).toEqual([1, 3]);
});
