import type * as tf from '@tensorflow/tfjs-core';

const rectified = new WeakSet<tf.Tensor>();

/** Remembers that a kernel applied ReLU to `x` already: the ReLU module after it may be shared and has to know. */
export function markRectified<T extends tf.Tensor>(x: T): T {
  rectified.add(x);
  return x;
}

export const isRectified = (x: tf.Tensor): boolean => rectified.has(x);
