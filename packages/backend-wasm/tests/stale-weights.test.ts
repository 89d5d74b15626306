import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { wasmBackend } from '../src/index.ts';

beforeEach(async () => {
  await wasmBackend().init();
});

interface Heap {
  typedArrayFromHeap(t: tf.TensorInfo): Float32Array;
}

/** Results of `use(weights)` before and after the weights are doubled in place, as a fused optimizer step does. */
async function beforeAndAfterDoubling(shape: number[], use: (weights: tf.Tensor) => tf.Tensor): Promise<number[][]> {
  const weights = tf.randomNormal(shape, 0, 1, 'float32', 3);
  const first = use(weights);
  const heap = (tf.backend() as unknown as Heap).typedArrayFromHeap(weights);
  for (let i = 0; i < heap.length; i++) heap[i]! *= 2;
  const second = use(weights);
  const values = [Array.from(await first.data(), (v) => 2 * v), Array.from(await second.data())];
  tf.dispose([weights, first, second]);
  return values;
}

describe('weights rewritten in place', () => {
  const x = () => tf.reshape(tf.range(0, 2 * 5 * 5 * 3), [2, 5, 5, 3]) as tf.Tensor4D;
  const uses: [string, number[], (weights: tf.Tensor) => tf.Tensor][] = [
    ['conv2d', [3, 3, 3, 4], (w) => tf.conv2d(x(), w as tf.Tensor4D, 1, 'same')],
    [
      'fused.conv2d',
      [3, 3, 3, 4],
      (w) => tf.fused.conv2d({ x: x(), filter: w as tf.Tensor4D, strides: 1, pad: 'same' }),
    ],
    ['depthwiseConv2d', [3, 3, 3, 1], (w) => tf.depthwiseConv2d(x(), w as tf.Tensor4D, 1, 'same')],
    ['matMul', [3, 4], (w) => tf.matMul(tf.reshape(x(), [50, 3]), w)],
    ['fused.matMul', [3, 4], (w) => tf.fused.matMul({ a: tf.reshape(x(), [50, 3]), b: w })],
  ];
  for (const [name, shape, use] of uses) {
    it(`are seen by ${name}`, async () => {
      const [expected, actual] = await beforeAndAfterDoubling(shape, (w) => tf.tidy(() => use(w)));
      expect(actual).toEqual(expected);
    });
  }
});
