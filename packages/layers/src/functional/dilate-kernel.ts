import * as tf from '@tensorflow/tfjs-core';
import { extent, type Pair } from './spatial.ts';

/** A `[kh, kw, i, o]` kernel with zeros between its taps, so that an undilated convolution acts as a dilated one. */
export function dilateKernel(kernel: tf.Tensor4D, [dilationH, dilationW]: Pair): tf.Tensor4D {
  if (dilationH === 1 && dilationW === 1) return kernel;
  const [kh, kw, i, o] = kernel.shape;
  const [height, width] = [extent(kh, dilationH), extent(kw, dilationW)];
  const tall = spread(tf.reshape(kernel, [1, kh, kw * i * o]), dilationH, height);
  const wide = spread(tf.reshape(tall, [height, kw, i * o]), dilationW, width);
  return tf.reshape(wide, [height, width, i, o]);
}

/** `[a, k, b]` to `[a, length, b]` with `dilation - 1` zero lines after each of the k lines but the last. */
function spread(x: tf.Tensor3D, dilation: number, length: number): tf.Tensor3D {
  if (dilation === 1) return x;
  const [a, k, b] = x.shape;
  const lines = tf.reshape(x, [a * k, 1, b]);
  const spaced = tf.pad(lines, [
    [0, 0],
    [0, dilation - 1],
    [0, 0],
  ]);
  return tf.slice(tf.reshape(spaced, [a, k * dilation, b]) as tf.Tensor3D, [0, 0, 0], [a, length, b]);
}
