import * as tf from '@tensorflow/tfjs-core';

/** Weights of each output pixel along one axis, by input pixel: `[out][in]`. */
export type AxisWeights = readonly Float32Array[];

/**
 * Replaces every row of `[n, h, w, c]` by `rows` combinations of rows, and every column likewise. Only transposes and
 * matrix products of rank 2, whose gradients are exact on every backend.
 */
export function combineSeparably(x: tf.Tensor4D, rows: AxisWeights, columns: AxisWeights): tf.Tensor4D {
  const byRow = tf.transpose(x, [0, 3, 2, 1]); // [n, c, w, h]
  const tall = combineLast(byRow, rows);
  const byColumn = tf.transpose(tall, [0, 1, 3, 2]); // [n, c, h', w]
  const wide = combineLast(byColumn, columns);
  return tf.transpose(wide, [0, 2, 3, 1]);
}

function combineLast(x: tf.Tensor4D, weights: AxisWeights): tf.Tensor4D {
  const [a, b, c, size] = x.shape;
  const lines = tf.reshape(x, [a * b * c, size]);
  const product = tf.matMul(lines, matrixOf(weights, size));
  return tf.reshape(product, [a, b, c, weights.length]);
}

/** `[in, out]`: so that no product needs to transpose it. */
function matrixOf(weights: AxisWeights, size: number): tf.Tensor2D {
  const values = new Float32Array(size * weights.length);
  for (const [out, line] of weights.entries()) {
    for (let i = 0; i < size; i++) values[i * weights.length + out] = line[i]!;
  }
  return tf.tensor2d(values, [size, weights.length]);
}
