import * as tf from '@tensorflow/tfjs-core';
import { expectFeatures } from './expect-shape.ts';
import { markRectified } from './rectified.ts';

/** `torch.nn.functional.linear`: `[..., in]` times an `[in, out]` weight, plus an `[out]` bias, then ReLU if asked for; gives `[..., out]`. */
export function linear(x: tf.Tensor, weight: tf.Tensor, bias?: tf.Tensor, activation?: 'relu'): tf.Tensor {
  const [features, outputs] = weight.shape as [number, number];
  const leading = Array.from({ length: Math.max(1, x.rank - 1) }, (_, i) => (i === 0 ? 'n' : '...'));
  expectFeatures(x, features, [leading]);
  const rows = x.rank === 2 ? (x as tf.Tensor2D) : tf.reshape(x, [x.size / features, features]);
  const product = tf.matMul(rows, weight as tf.Tensor2D);
  const y = bias ? tf.add(product, bias) : product;
  const shaped = x.rank === 2 ? y : tf.reshape(y, [...x.shape.slice(0, -1), outputs]);
  return activation ? markRectified(tf.relu(shaped)) : shaped;
}
