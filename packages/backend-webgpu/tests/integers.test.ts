import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { describeOnWebgpu, expectAsOnCpu, on } from './webgpu-host.ts';

const ints = (shape: number[]): tf.Tensor =>
  tf.tensor(
    Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => ((i * 7) % 11) - 5),
    shape,
    'int32',
  );
const bools = (shape: number[]): tf.Tensor => tf.greater(ints(shape), tf.scalar(3, 'int32'));

describeOnWebgpu('int32 and bool on WebGPU', () => {
  test.each([
    [
      [2, 3, 4],
      [2, 0, 1],
    ],
    [
      [2, 3, 2, 3],
      [3, 1, 0, 2],
    ],
    [
      [2, 1, 3, 2, 2],
      [4, 2, 0, 1, 3],
    ],
  ])('transposes rank %j by %j', async (shape, perm) => {
    await expectAsOnCpu(() => [tf.transpose(ints(shape), perm), tf.transpose(bools(shape), perm)], 0);
  });

  test('transposes matrices of integers that float32 cannot hold', async () => {
    const [result] = await on('webgpu', () => tf.transpose(tf.tensor2d([16777217, 1, 2, 2147483647], [2, 2], 'int32')));
    expect(result!.values).toEqual([16777217, 2, 1, 2147483647]);
  });

  test.each([0, 1, [0, 2]])('reduces over axis %j, which transposes first', async (axis) => {
    const shape = [3, 4, 5];
    await expectAsOnCpu(
      () => [
        tf.sum(ints(shape), axis),
        tf.max(ints(shape), axis),
        tf.min(ints(shape), axis),
        tf.prod(ints(shape), axis),
        tf.any(bools(shape), axis),
        tf.all(bools(shape), axis),
      ],
      0,
    );
  });

  test('finds the largest integer along an inner axis', async () => {
    await expectAsOnCpu(() => [tf.argMax(ints([3, 4, 5]), 1), tf.argMin(ints([3, 4, 5]), 1)], 0);
  });

  test('ands integers bitwise', async () => {
    await expectAsOnCpu(() => tf.bitwiseAnd(tf.tensor1d([12, -1, 7], 'int32'), tf.tensor1d([10, 9, 8], 'int32')), 0);
  });
});
