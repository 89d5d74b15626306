import * as tf from '@tensorflow/tfjs-core';

/** `[..., classes]` in float32 with a one at each index and zeros elsewhere; `tf.oneHot` refuses a single class. */
export function oneHot(indices: tf.Tensor, classes: number): tf.Tensor {
  return tf.tidy(() => {
    const labels = tf.cast(indices, 'int32') as tf.Tensor1D;
    // WASM's OneHot writes the bits of integers whatever type it is asked for.
    if (classes > 1) return tf.cast(tf.oneHot(labels, classes), 'float32');
    return tf.expandDims(tf.cast(tf.equal(labels, tf.scalar(0, 'int32')), 'float32'), -1);
  });
}
