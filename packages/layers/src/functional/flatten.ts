import * as tf from '@tensorflow/tfjs-core';
import { numElements } from '@zoo/core';

/**
 * `[n, h, w, c]` to `[n, c * h * w]` in PyTorch's C, H, W order, so that the weights of a following linear layer need
 * no permutation. Other ranks keep their order: `[n, c]` passes, `[n, t, f]` becomes `[n, t * f]`.
 */
export function flatten(x: tf.Tensor): tf.Tensor2D {
  const n = x.shape[0]!;
  const [, h, w] = x.shape;
  const ordered = x.rank === 4 && h! * w! > 1 && x.shape[3]! > 1 ? tf.transpose(x, [0, 3, 1, 2]) : x;
  return x.rank === 2 ? (x as tf.Tensor2D) : tf.reshape(ordered, [n, numElements(x.shape.slice(1))]);
}
