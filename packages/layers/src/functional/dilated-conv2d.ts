import * as tf from '@tensorflow/tfjs-core';
import { withGradient } from '../autograd/with-gradient.ts';
import { forKernel, type Padding, padImages } from './padding.ts';
import type { Pair } from './spatial.ts';

/** Stride-1 convolution with dilation, for which tfjs has no gradient. Both gradients are convolutions themselves. */
export function dilatedConv2d(
  x: tf.Tensor4D,
  kernel: tf.Tensor4D,
  { padding, dilation }: { padding: Padding; dilation: Pair },
): tf.Tensor4D {
  return withGradient({
    inputs: { x, kernel },
    forward: (save) => {
      save([x, kernel]);
      return dilated(x, kernel, padding, dilation);
    },
    backward: (dy, saved) => {
      const [input, filter] = saved as [tf.Tensor4D, tf.Tensor4D];
      return {
        x: () => inputGradient(dy as tf.Tensor4D, filter, padding, dilation),
        kernel: () => kernelGradient(input, dy as tf.Tensor4D, padding, dilation),
      };
    },
  }) as tf.Tensor4D;
}

function dilated(x: tf.Tensor4D, kernel: tf.Tensor4D, padding: Padding, dilation: Pair): tf.Tensor4D {
  const input = forKernel(x, padding);
  return tf.conv2d(input.x, kernel, 1, input.pad, 'NHWC', dilation);
}

/** The turned kernel slides over `dy` at the same dilation. */
function inputGradient(dy: tf.Tensor4D, kernel: tf.Tensor4D, padding: Padding, dilation: Pair): tf.Tensor4D {
  const [kh, kw] = kernel.shape;
  const turned = tf.transpose(tf.reverse(kernel, [0, 1]), [0, 1, 3, 2]);
  const rest = (k: number, d: number, [before, after]: Pair): Pair => [d * (k - 1) - before, d * (k - 1) - after];
  const around = { height: rest(kh, dilation[0], padding.height), width: rest(kw, dilation[1], padding.width) };
  const hasCut = [...around.height, ...around.width].some((p) => p < 0);
  return hasCut
    ? tf.conv2d(padImages(dy, around), turned, 1, 'valid', 'NHWC', dilation)
    : dilated(dy, turned, around, dilation);
}

/** `dy` slides over `x` as a kernel: each tap of the true kernel sees `x` moved by the dilation, hence that stride. */
function kernelGradient(x: tf.Tensor4D, dy: tf.Tensor4D, padding: Padding, dilation: Pair): tf.Tensor4D {
  const images = tf.transpose(padImages(x, padding), [3, 1, 2, 0]);
  const gradient = tf.conv2d(images, tf.transpose(dy, [1, 2, 0, 3]), dilation, 'valid');
  return tf.transpose(gradient, [1, 2, 0, 3]);
}
