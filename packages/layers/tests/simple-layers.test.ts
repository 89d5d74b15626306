import * as tf from '@tensorflow/tfjs-core';
import { Module, Parameter } from '@zoo/core';
import { gradCheck } from '@zoo/testing';
import { expect, test } from 'vitest';
import { Flatten, flatten, Identity, init, Linear, ReLU, Sigmoid, Softmax, Tanh } from '../src/index.ts';
import { toTensor, values } from './naive.ts';

test('flatten orders images by channel, row, column', async () => {
  const x = tf.tensor4d([0, 100, 1, 101, 10, 110, 11, 111], [1, 2, 2, 2]); // value = 100 c + 10 h + w
  expect(Array.from(await new Flatten().call(x).data())).toEqual([0, 1, 10, 11, 100, 101, 110, 111]);
  await gradCheck((t) => flatten(t), x);
  expect(flatten(tf.zeros([2, 5])).shape).toEqual([2, 5]);
  expect(flatten(tf.zeros([2, 3, 5])).shape).toEqual([2, 15]);
  expect(flatten(tf.zeros([4, 1, 1, 7])).shape).toEqual([4, 7]);
});

test('linear works on the last axis of any rank', async () => {
  const layer = new Linear(3, 2);
  expect(layer.call(tf.zeros([4, 3])).shape).toEqual([4, 2]);
  expect(layer.call(tf.zeros([4, 5, 3])).shape).toEqual([4, 5, 2]);
  await gradCheck((t) => layer.call(t), toTensor(values('x', [2, 2, 3])));
  expect(() => layer.call(tf.zeros([8, 4]))).toThrow('expected [n, 3], got [8, 4]');
  expect(new Linear(3, 2, { bias: false }).parameters()).toHaveLength(1);
  expect(layer.summary([5, 3]).multiplyAdds).toBe(5 * 3 * 2);
});

test('activations', async () => {
  const x = tf.tensor2d([-1, 0, 2], [1, 3]);
  const of = async (layer: Module<[tf.Tensor], tf.Tensor>) => Array.from(await layer.call(x).data());
  expect(await of(new ReLU())).toEqual([0, 0, 2]);
  expect(await of(new Identity())).toEqual([-1, 0, 2]);
  const near = async (layer: Module<[tf.Tensor], tf.Tensor>, expected: number[]) => {
    for (const [i, v] of (await of(layer)).entries()) expect(v).toBeCloseTo(expected[i]!, 5);
  };
  await near(new Sigmoid(), [0.268941, 0.5, 0.880797]);
  await near(new Tanh(), [-0.761594, 0, 0.964028]);
  const sum = Math.exp(-1) + 1 + Math.exp(2);
  await near(new Softmax(), [Math.exp(-1) / sum, 1 / sum, Math.exp(2) / sum]);
});

test('a layer of one’s own', async () => {
  class Scale extends Module<[tf.Tensor], tf.Tensor> {
    factor = new Parameter([3], { init: init.constant(2) });
    forward(x: tf.Tensor) {
      return tf.mul(x, this.factor.value());
    }
  }
  const layer = new Scale();
  expect(Array.from(await layer.call(tf.tensor2d([1, 2, 3], [1, 3])).data())).toEqual([2, 4, 6]);
  expect(Array.from(layer.stateEntries(), ([name]) => name)).toEqual(['factor']);
});
