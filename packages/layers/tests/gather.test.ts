import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

interface Case {
  shape: number[];
  indices: number[];
  axis: number;
  batchDims: number;
}

/** For each element of the result: the element of x that it is. */
function sources({ shape, indices, axis, batchDims }: Case, ids: readonly number[]): number[] {
  const at = axis < 0 ? axis + shape.length : axis;
  const [batch, outer] = [sizeOf(shape.slice(0, batchDims)), sizeOf(shape.slice(batchDims, at))];
  const [rows, width] = [shape[at]!, sizeOf(shape.slice(at + 1))];
  const picked = sizeOf(indices) / batch;
  const places: number[] = [];
  for (let b = 0; b < batch; b++) {
    for (let o = 0; o < outer; o++) {
      for (let k = 0; k < picked; k++) {
        for (let i = 0; i < width; i++) places.push(((b * outer + o) * rows + ids[b * picked + k]!) * width + i);
      }
    }
  }
  return places;
}

const cases: Case[] = [
  { shape: [6], indices: [4], axis: 0, batchDims: 0 },
  { shape: [6, 3], indices: [2, 5], axis: 0, batchDims: 0 },
  { shape: [3, 6, 2], indices: [7], axis: 1, batchDims: 0 },
  { shape: [3, 2, 6], indices: [4], axis: -1, batchDims: 0 },
  { shape: [5, 6], indices: [5], axis: 1, batchDims: 1 },
  { shape: [4, 6], indices: [4, 3], axis: -1, batchDims: 1 },
  { shape: [4, 6, 3], indices: [4, 5], axis: 1, batchDims: 1 },
  { shape: [4, 2, 6, 3], indices: [4, 5], axis: 2, batchDims: 1 },
  { shape: [2, 3, 6], indices: [2, 3, 4], axis: 2, batchDims: 2 },
];

/** What tfjs-node's own kernel can do: no axes counted from the end, one batch axis. */
const inTfjsNode = ({ axis, batchDims }: Case): boolean => axis >= 0 && batchDims < 2;
const able = tf.getBackend() === 'tensorflow' ? cases.filter(inTfjsNode) : cases;

describe('gather and its gradient, with indices that repeat', () => {
  test.each(able)('of $shape at $indices, axis $axis, batchDims $batchDims', async (given) => {
    const { shape, indices, axis, batchDims } = given;
    const values = Array.from({ length: sizeOf(shape) }, (_, i) => ((i * 7) % 23) / 4);
    const ids = Array.from({ length: sizeOf(indices) }, (_, i) => [5, 0, 3, 5, 2, 0, 1][i % 7]!);
    const places = sources(given, ids);
    const slopes = places.map((_, i) => 1 + i / 8);
    const expected = new Array<number>(values.length).fill(0);
    for (const [i, place] of places.entries()) expected[place]! += slopes[i]!;

    const [x, at] = [tf.tensor(values, shape), tf.tensor<tf.Rank>(ids, indices, 'int32') as tf.Tensor1D];
    const y: tf.Tensor = tf.gather(x, at, axis, batchDims);
    expect(Array.from(await y.data())).toEqual(places.map((place) => values[place]));
    const dy = tf.tensor(slopes, y.shape);
    const dx = tf.grad((t: tf.Tensor) => tf.gather(t, at, axis, batchDims))(x, dy);
    expect(dx.shape).toEqual(shape);
    expect(Array.from(await dx.data())).toEqual(expected);
  });

  test('takes a few kernels for a batch, not some for each example', () => {
    const x = tf.ones([64, 10]);
    const at = tf.zeros<tf.Rank.R1>([64], 'int32');
    const before = kernelCalls();
    tf.grad((t: tf.Tensor) => tf.sum(tf.gather(t, at, 1, 1)))(x);
    expect(kernelCalls() - before).toBeLessThan(64);
  });
});

/** The engine numbers every tensor that it makes. */
const kernelCalls = (): number => tf.scalar(0).id;
