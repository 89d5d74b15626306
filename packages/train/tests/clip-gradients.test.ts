import * as tf from '@tensorflow/tfjs-core';
import { Parameter } from '@zoo/core';
import { expect, it } from 'vitest';
import { clipGradNorm, clipGradValue } from '../src/index.ts';

const gradsOf = (...values: number[][]) =>
  new Map<Parameter, tf.Tensor>(values.map((v) => [new Parameter([v.length]), tf.tensor1d(v)]));

const read = (grads: Map<Parameter, tf.Tensor>) =>
  Promise.all([...grads.values()].map(async (g) => Array.from(await g.data())));

it('scales all gradients to the joint norm, and leaves smaller ones alone', async () => {
  const large = gradsOf([3, 0], [0, 4, 12]);
  const held = tf.memory().numTensors;
  const norm = clipGradNorm(large, 6.5);
  expect((await norm.data())[0]).toBeCloseTo(13, 5);
  expect((await read(large)).flat().map((g) => Math.round(g * 1e4) / 1e4)).toEqual([1.5, 0, 0, 2, 6]);
  norm.dispose();
  expect(tf.memory().numTensors).toBe(held);
  const small = gradsOf([0.3, 0.4]);
  clipGradNorm(small, 1).dispose();
  expect(await read(small)).toEqual([Array.from(Float32Array.of(0.3, 0.4))]);
});

it('limits entries', async () => {
  const grads = gradsOf([-3, 0.5], [7]);
  clipGradValue(grads, 1);
  expect(await read(grads)).toEqual([[-1, 0.5], [1]]);
});

it('refuses a limit that is not positive', () => {
  expect(() => clipGradNorm(gradsOf([1]), 0)).toThrow(/> 0/);
  expect(() => clipGradValue(gradsOf([1]), -1)).toThrow(/> 0/);
});
