import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { oneHot } from '../src/index.ts';

const none = tf.zeros([0, 3]);
const numbers = async (tensor: tf.Tensor): Promise<number[]> => [...(await tensor.data())];

describe('tensors without elements', () => {
  it('reduce to what PyTorch gives', async () => {
    expect(await numbers(tf.sum(none))).toEqual([0]);
    expect(await numbers(tf.sum(none, 0))).toEqual([0, 0, 0]);
    expect(await numbers(tf.mean(none))).toEqual([Number.NaN]);
    expect(await numbers(tf.mean(none, 0))).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    expect(await numbers(tf.prod(none))).toEqual([1]);
    expect(await numbers(tf.mean(none, 1))).toEqual([]);
    expect(await numbers(tf.matMul(tf.zeros([2, 0]), none))).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('join others, and keep their shape through every kind of operation', async () => {
    const some = tf.tensor2d([1, 2, 3], [1, 3]);
    expect(await numbers(tf.concat([none, some, none], 0) as tf.Tensor)).toEqual([1, 2, 3]);
    expect(await numbers(tf.pad(none as tf.Tensor2D, [[1, 0], [0, 0]], 7))).toEqual([7, 7, 7]); // biome-ignore format: a matrix
    const shapes: Array<[tf.Tensor, number[]]> = [
      [tf.transpose(none), [3, 0]],
      [tf.add(none, some), [0, 3]],
      [tf.cast(none, 'int32'), [0, 3]],
      [tf.slice(some, [0, 0], [0, 3]), [0, 3]],
      [tf.gather(some, tf.tensor1d([], 'int32')), [0, 3]],
      [tf.argMax(none, 1), [0]],
      [tf.softmax(none), [0, 3]],
      [tf.tile(none, [2, 2]), [0, 6]],
      [tf.stack([none, none]), [2, 0, 3]],
      [tf.split(none, 3, 1)[2]!, [0, 1]],
      [tf.topk(none, 2).indices, [0, 2]],
      [tf.clone(none), [0, 3]],
    ];
    for (const [result, shape] of shapes) {
      expect(result.shape).toEqual(shape);
      expect(await numbers(result)).toEqual([]);
    }
  });
});

it('oneHot takes a single class', async () => {
  const labels = tf.tensor1d([0, 1, -1, 0], 'int32');
  const ones = oneHot(labels, 1);
  expect(ones.shape).toEqual([4, 1]);
  expect(ones.dtype).toBe('float32');
  expect(await numbers(ones)).toEqual([1, 0, 0, 1]);
  expect(await numbers(oneHot(labels, 2))).toEqual([1, 0, 0, 1, 0, 0, 1, 0]);
  expect(oneHot(tf.zeros([0], 'int32'), 1).shape).toEqual([0, 1]);
});
