import * as tf from '@tensorflow/tfjs-core';
import { isDeterministic, oneHot, ZooError } from '@zoo/core';
import { withGradient } from '../autograd/with-gradient.ts';

/**
 * Rows of a `[num, dim]` weight by int32 ids of any shape; gives `[...ids, dim]`. Repeated ids add their gradients. Ids
 * out of range cannot be seen without waiting for the device: their result is undefined.
 */
export function embedding(ids: tf.Tensor, weight: tf.Tensor): tf.Tensor {
  if (ids.dtype !== 'int32') {
    throw new ZooError(
      'INVALID_ARGUMENT',
      `expected int32 ids, got ${ids.dtype}. Make them with tf.tensor(ids, shape, 'int32').`,
    );
  }
  const [num, dim] = weight.shape as [number, number];
  const rows = tf.reshape(ids, [ids.size]) as tf.Tensor1D;
  return withGradient({
    inputs: { weight },
    forward: (save) => {
      save([rows]);
      return tf.reshape(tf.gather(weight, rows), [...ids.shape, dim]);
    },
    backward: (dy, [saved]) => ({
      weight: () => {
        const gradient = tf.reshape(dy, [rows.size, dim]) as tf.Tensor2D;
        // Scatter-adds run in any order on a GPU.
        return isDeterministic()
          ? tf.matMul(oneHot(saved as tf.Tensor1D, num) as tf.Tensor2D, gradient, true)
          : tf.unsortedSegmentSum(gradient, saved as tf.Tensor1D, num);
      },
    }),
  });
}
