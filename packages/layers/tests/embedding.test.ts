import * as tf from '@tensorflow/tfjs-core';
import { setDeterministic, valueAndGrads } from '@zoo/core';
import { afterEach, expect, test } from 'vitest';
import { Embedding } from '../src/index.ts';

afterEach(() => setDeterministic(false));

test.each([false, true])('repeated ids add their gradients (deterministic: %s)', async (deterministic) => {
  setDeterministic(deterministic);
  const layer = new Embedding(5, 2);
  const ids = tf.tensor2d([3, 1, 3, 3], [2, 2], 'int32');
  const cotangent = tf.tensor3d([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2]);
  layer.materialize();
  const before = tf.memory().numTensors;
  const { value, grads } = valueAndGrads(() => tf.sum(tf.mul(layer.call(ids), cotangent)), layer.parameters());
  const gradient = grads.get(layer.weight)!;
  expect(Array.from(await gradient.data())).toEqual([0, 0, 3, 4, 0, 0, 13, 16, 0, 0]);
  tf.dispose([value, gradient]);
  expect(tf.memory().numTensors).toBe(before);
});

test('takes int32 ids of any shape', () => {
  const layer = new Embedding(5, 2);
  expect(layer.call(tf.tensor1d([0, 4], 'int32')).shape).toEqual([2, 2]);
  expect(layer.call(tf.zeros([2, 3, 4], 'int32')).shape).toEqual([2, 3, 4, 2]);
  expect(() => layer.call(tf.zeros([2]))).toThrow('expected int32 ids, got float32');
});
