import * as tf from '@tensorflow/tfjs-core';
import { toCount } from './spatial.ts';

export interface LocalResponseNormOptions {
  /** Default 1e-4. Divided by `size`, as in PyTorch. */
  alpha?: number;
  /** Default 0.75. */
  beta?: number;
  /** Default 1. */
  k?: number;
}

/**
 * `torch.nn.functional.local_response_norm` over the channels of `[..., c]`: divides by
 * `(k + alpha / size * (sum of squares of the neighbouring channels)) ** beta`.
 */
export function localResponseNorm(x: tf.Tensor, size: number, options: LocalResponseNormOptions = {}): tf.Tensor {
  const { alpha = 1e-4, beta = 0.75, k = 1 } = options;
  const channels = x.shape.at(-1)!;
  const squares = tf.reshape(tf.square(x), [x.size / channels, channels]);
  const sums = tf.reshape(tf.matMul(squares, band(channels, toCount('size', size))), x.shape);
  return tf.mul(x, tf.pow(tf.add(tf.mul(sums, alpha / size), k), -beta));
}

/** Ones where input channel (row) is in the window of output channel (column). */
function band(channels: number, size: number): tf.Tensor2D {
  const values = new Float32Array(channels * channels);
  for (let out = 0; out < channels; out++) {
    const first = out - Math.floor(size / 2);
    for (let c = Math.max(0, first); c < Math.min(channels, first + size); c++) values[c * channels + out] = 1;
  }
  return tf.tensor2d(values, [channels, channels]);
}
