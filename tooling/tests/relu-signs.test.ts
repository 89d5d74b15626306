import * as tf from '@tensorflow/tfjs-core';
import { valueAndGrads } from '@zoo/core';
import { Linear } from '@zoo/layers';
import { expect, it } from 'vitest';
import { matchReluSigns } from '../parity/relu-signs.ts';

const weights = [1, -2, 3, 0.5];

/** The gradient of sum(relu(w x)) by w, for four units of which the last two lie within rounding of zero. */
function net() {
  const layer = new Linear(1, 4, { bias: false });
  layer.loadStateDict(new Map([['weight', { dtype: 'float32', shape: [4, 1], data: Float32Array.from(weights) }]]));
  const x = tf.tensor2d([1], [1, 1]);
  const offset = tf.tensor2d([0, 0, -3 + 2e-6, -0.5 - 3e-6], [1, 4]);
  const gradient = async (): Promise<number[]> => {
    const loss = () => tf.sum(tf.relu(tf.add(layer.call(x), offset))) as tf.Scalar;
    const { value, grads } = valueAndGrads(loss, layer.trainableParameters());
    const values = await grads.get(layer.weight)!.data();
    tf.dispose([value, ...grads.values()]);
    return [...values];
  };
  const dispose = () => {
    tf.dispose([x, offset]);
    layer.dispose();
  };
  return { layer, gradient, dispose };
}

const differing = (expected: number[]) => (values: number[]) => values.filter((v, i) => v !== expected[i]).length;

it('finds the ReLU inputs near zero whose other sign explains a gradient', async () => {
  const { layer, gradient, dispose } = net();
  expect(await gradient()).toEqual([1, 0, 1, 0]);
  const before = tf.memory().numTensors;
  const { result, turned } = await matchReluSigns(layer, gradient, differing([1, 0, 0, 1]));
  expect(tf.memory().numTensors).toBe(before);
  expect(result).toEqual([1, 0, 0, 1]);
  expect(turned.map(({ call, index }) => [call, index])).toEqual([[0, 2], [0, 3]]); // biome-ignore format: pairs
  for (const { relative } of turned) expect(relative).toBeLessThan(3e-5);
  expect(await gradient()).toEqual([1, 0, 1, 0]); // nothing stays turned
  dispose();
});

it('turns nothing where signs do not explain the difference', async () => {
  const { layer, gradient, dispose } = net();
  for (const expected of [
    [1, 1, 1, 0],
    [2, 0, 0, 1],
  ]) {
    // biome-ignore format: a list
    const { result, turned } = await matchReluSigns(layer, gradient, differing(expected));
    expect(result).toEqual([1, 0, 1, 0]);
    expect(turned).toEqual([]);
  }
  dispose();
});

it('turns no more than allowed', async () => {
  const { layer, gradient, dispose } = net();
  const { turned } = await matchReluSigns(layer, gradient, differing([1, 0, 0, 1]), { most: 1 });
  expect(turned).toEqual([]);
  dispose();
});
