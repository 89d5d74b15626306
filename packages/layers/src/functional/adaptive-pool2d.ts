import * as tf from '@tensorflow/tfjs-core';
import { expectImages } from './expect-shape.ts';
import { avgPool2d, maxPool2d } from './pool2d.ts';
import { type AxisWeights, combineSeparably } from './separable.ts';
import { type Pair, type Spatial, toPair } from './spatial.ts';

/** Input pixels [start, end) of one output pixel; windows overlap where sizes do not divide. */
type Range = readonly [number, number];

function ranges(size: number, outputs: number): Range[] {
  return Array.from({ length: outputs }, (_, i) => [
    Math.floor((i * size) / outputs),
    Math.ceil(((i + 1) * size) / outputs),
  ]);
}

/** The kernel of an ordinary pool that does the same; undefined where windows differ in size. */
function plainKernel(x: tf.Tensor4D, [height, width]: Pair): Pair | undefined {
  const [, h, w] = x.shape;
  return h % height === 0 && w % width === 0 ? [h / height, w / width] : undefined;
}

/** `torch.nn.functional.adaptive_avg_pool2d`: `[n, h, w, c]` to `[n, outputSize, c]`, smaller or larger. */
export function adaptiveAvgPool2d(x: tf.Tensor, outputSize: Spatial): tf.Tensor4D {
  const images = expectImages(x);
  const size = toPair('outputSize', outputSize);
  const kernel = plainKernel(images, size);
  if (kernel) return avgPool2d(images, kernel);
  return combineSeparably(images, means(images.shape[1], size[0]), means(images.shape[2], size[1]));
}

function means(size: number, outputs: number): AxisWeights {
  return ranges(size, outputs).map(([start, end]) => new Float32Array(size).fill(1 / (end - start), start, end));
}

/** `torch.nn.functional.adaptive_max_pool2d`: `[n, h, w, c]` to `[n, outputSize, c]`, smaller or larger. */
export function adaptiveMaxPool2d(x: tf.Tensor, outputSize: Spatial): tf.Tensor4D {
  const images = expectImages(x);
  const size = toPair('outputSize', outputSize);
  const kernel = plainKernel(images, size);
  if (kernel) return maxPool2d(images, kernel);
  const [n, h, w, c] = images.shape;
  const columns = ranges(w, size[1]);
  const rows = ranges(h, size[0]).map(([top, bottom]) => {
    const pixels = columns.map(([left, right]) => {
      const window: Pair = [bottom - top, right - left];
      return maxPool2d(tf.slice(images, [0, top, left, 0], [n, ...window, c]), window);
    });
    return tf.concat(pixels, 2);
  });
  return tf.concat(rows, 1);
}

/** Mean over all pixels: `[n, h, w, c]` to `[n, c]`. */
export function globalAvgPool(x: tf.Tensor): tf.Tensor2D {
  return tf.mean(expectImages(x), [1, 2]);
}

/** Maximum over all pixels: `[n, h, w, c]` to `[n, c]`. The gradient of equal maxima goes to the first. */
export function globalMaxPool(x: tf.Tensor): tf.Tensor2D {
  const [n, h, w, c] = expectImages(x).shape;
  return tf.reshape(maxPool2d(x, [h, w]), [n, c]);
}
