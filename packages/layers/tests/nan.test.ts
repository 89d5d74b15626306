import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { fromTorch, toTorch } from '@zoo/testing';
import { describe, expect, test } from 'vitest';
import * as layers from '../src/index.ts';

interface Numbers {
  shape: number[];
  /** "NaN", "Infinity" and "-Infinity" where JSON has no number. */
  values: Array<number | string>;
}

interface Golden {
  name: string;
  inputs: Numbers[];
  output: Numbers;
  cotangent: Numbers;
  gradients: Numbers[];
}

const { cases } = JSON.parse(readFileSync(new URL('fixtures/nan.json', import.meta.url), 'utf8')) as {
  cases: Golden[];
};

const channels = {
  mean: [0.5, -1, 0],
  variance: [1.5, 0.5, 2],
  weight: [0.5, -2, 1.5],
  bias: [0.25, 1, -3],
};
const normalized = (x: tf.Tensor) => {
  const { mean, variance, weight, bias } = channels;
  const norm = new layers.BatchNorm2d(3).eval();
  norm.weight!.assign(tf.tensor1d(weight));
  norm.bias!.assign(tf.tensor1d(bias));
  norm.running_mean!.assign(tf.tensor1d(mean));
  norm.running_var!.assign(tf.tensor1d(variance));
  return norm.call(x);
};
const ofTheBatch = (x: tf.Tensor) => {
  const norm = new layers.BatchNorm2d(3);
  norm.weight!.assign(tf.tensor1d(channels.weight));
  norm.bias!.assign(tf.tensor1d(channels.bias));
  return norm.call(x);
};
/** A filter `[o, c, h, w]`, which `fromTorch` gave as `[o, h, w, c]`. */
const convolved = (x: tf.Tensor, filter: tf.Tensor) =>
  tf.conv2d(x as tf.Tensor4D, tf.transpose(filter, [1, 2, 3, 0]) as tf.Tensor4D, 1, 'valid');
const volume = (x: tf.Tensor) => tf.reshape(x, [1, 2, 6, 6, 1]) as tf.Tensor5D;

const operations: Record<string, (x: tf.Tensor, other: tf.Tensor) => tf.Tensor> = {
  'maxPool 2': (x) => layers.maxPool2d(x, 2),
  'maxPool 2, rows left over': (x) => layers.maxPool2d(x, 2),
  'maxPool 3 stride 1': (x) => layers.maxPool2d(x, 3, { stride: 1 }),
  'maxPool 3 stride 1 padding 1': (x) => layers.maxPool2d(x, 3, { stride: 1, padding: 1 }),
  'maxPool 3 stride 2 padding 1': (x) => layers.maxPool2d(x, 3, { stride: 2, padding: 1 }),
  'maxPool 2 stride 3': (x) => layers.maxPool2d(x, 2, { stride: 3 }),
  'maxPool ceil': (x) => layers.maxPool2d(x, 2, { ceilMode: true }),
  'maxPool ceil padding 1': (x) => layers.maxPool2d(x, 3, { stride: 2, padding: 1, ceilMode: true }),
  'maxPool 5 stride 2 padding 2': (x) => layers.maxPool2d(x, 5, { stride: 2, padding: 2 }),
  'adaptiveMaxPool 3x2': (x) => layers.adaptiveMaxPool2d(x, [3, 2]),
  'adaptiveMaxPool 4x5': (x) => layers.adaptiveMaxPool2d(x, [4, 5]),
  globalMaxPool: (x) => tf.reshape(layers.globalMaxPool(x), [1, 1, 1, 2]),
  'relu, maxPool 2': (x) => layers.maxPool2d(tf.relu(x), 2),
  'maxPool3d 2': (x) => tf.reshape(tf.maxPool3d(volume(x), 2, 2, 'valid'), [1, 1, 1, 3, 3]),
  'avgPool 2': (x) => layers.avgPool2d(x, 2),
  'avgPool 3 stride 1 padding 1': (x) => layers.avgPool2d(x, 3, { stride: 1, padding: 1 }),
  'avgPool exclude pad': (x) => layers.avgPool2d(x, 3, { stride: 2, padding: 1, countIncludePad: false }),
  'avgPool ceil': (x) => layers.avgPool2d(x, 2, { ceilMode: true }),
  'adaptiveAvgPool 3x2': (x) => layers.adaptiveAvgPool2d(x, [3, 2]),
  'adaptiveAvgPool 4x5': (x) => layers.adaptiveAvgPool2d(x, [4, 5]),
  globalAvgPool: (x) => layers.globalAvgPool(x),
  relu: tf.relu,
  relu6: tf.relu6,
  'clip -1 1': (x) => tf.clipByValue(x, -1, 1),
  leakyRelu: (x) => tf.leakyRelu(x, 0.1),
  elu: tf.elu,
  selu: tf.selu,
  sigmoid: tf.sigmoid,
  tanh: tf.tanh,
  softplus: tf.softplus,
  exp: tf.exp,
  abs: tf.abs,
  maximum: tf.maximum,
  minimum: tf.minimum,
  max: (x) => tf.max(x, 1),
  min: (x) => tf.min(x, 1),
  sum: (x) => tf.sum(x, 1),
  mean: (x) => tf.mean(x, 0),
  softmax: (x) => tf.softmax(x),
  logSoftmax: (x) => tf.logSoftmax(x),
  logSumExp: (x) => tf.logSumExp(x, 1),
  linear: (x, weight) => tf.matMul(x, weight, false, true),
  'linear, relu': (x, weight) => tf.relu(tf.matMul(x, weight, false, true)),
  conv: convolved,
  'conv, relu': (x, filter) => tf.relu(convolved(x, filter)),
  'conv, relu6': (x, filter) => tf.relu6(convolved(x, filter)),
  batchNorm: normalized,
  'batchNorm of the batch': ofTheBatch,
  'batchNorm, relu': (x) => tf.relu(normalized(x)),
  pad: (x) =>
    tf.pad(x, [
      [0, 0],
      [2, 1],
      [1, 0],
      [0, 0],
    ]),
  upsample: (x) => layers.interpolateBilinear(x, { size: [6, 6] }),
  localResponseNorm: (x) => layers.localResponseNorm(x, 3, { alpha: 1e-2 }),
};

const tensorOf = ({ shape, values }: Numbers): tf.Tensor => fromTorch(Float32Array.from(values, Number), shape);

const close = (actual: number, expected: number): boolean =>
  Object.is(actual, expected) || Math.abs(actual - expected) <= 1e-4 * Math.max(1, Math.abs(expected));

/** One line per element that differs. `spread` allows more NaN than PyTorch has, never less. */
function differences(actual: Float32Array, { values }: Numbers, spread: boolean): string[] {
  expect(actual.length).toBe(values.length);
  return [...actual].flatMap((value, i) => {
    const expected = Number(values[i]);
    return close(value, expected) || (spread && Number.isNaN(value))
      ? []
      : [`[${i}] is ${value}, PyTorch has ${expected}`];
  });
}

/**
 * Where more is NaN than in PyTorch: products with matrices of weights, most of them 0, take a NaN to pixels that have nothing
 * to do with it, and tfjs's logSumExp subtracts infinities.
 */
const spreading = ['adaptiveAvgPool 4x5', 'upsample', 'localResponseNorm', 'logSumExp'];
/** tfjs gives a gradient to what equals the extreme, which is nothing where that is NaN; PyTorch's elu has one of its own. */
const withoutGradient = ['maximum', 'minimum', 'max', 'min', 'elu'];

describe('NaN and infinities, as in PyTorch', () => {
  test('every golden case has an operation here', () => {
    expect(Object.keys(operations).sort()).toEqual(cases.map(({ name }) => name).sort());
  });

  test.each(cases)('$name', async ({ name, inputs, output, cotangent, gradients }) => {
    const run = operations[name]!;
    const [x, other] = inputs.map(tensorOf) as [tf.Tensor, tf.Tensor];
    const values = tf.tidy(() => run(x, other));
    const spreads = spreading.includes(name);
    expect(differences(await toTorch(values), output, spreads)).toEqual([]);
    if (withoutGradient.includes(name)) return;
    const slopes = tf.grads((...given: tf.Tensor[]) => run(given[0]!, given[1]!))(
      other ? [x, other] : [x],
      tf.reshape(tensorOf(cotangent), values.shape),
    );
    // The slope of an activation at NaN is NaN here, 1 or 0 in PyTorch.
    const isPool = /^(adaptive|global)?(max|avg)Pool/i.test(name) && !spreads;
    for (const [i, slope] of slopes.entries()) {
      expect(differences(await toTorch(slope), gradients[i]!, !isPool)).toEqual([]);
    }
  });
});
