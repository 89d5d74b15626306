import * as tf from '@tensorflow/tfjs-core';
import { expectImages } from './expect-shape.ts';
import { forKernel, padImages } from './padding.ts';
import { type MaxPool2dOptions, type PoolAxis, poolAxes, reachOf, toPoolWindow } from './pool-window.ts';
import type { Pair, Spatial } from './spatial.ts';

export interface AvgPool2dOptions extends MaxPool2dOptions {
  /** Count padding zeros in the mean; default true. */
  countIncludePad?: boolean;
}

/** `torch.nn.functional.max_pool2d` on `[n, h, w, c]`. The gradient of equal maxima goes to the first of them. */
export function maxPool2d(x: tf.Tensor, kernelSize: Spatial, options: MaxPool2dOptions = {}): tf.Tensor4D {
  const images = expectImages(x);
  const { kernel, stride, ...window } = toPoolWindow(kernelSize, options);
  const [rows, columns] = poolAxes(images, { kernel, stride, ...window });
  const padding = { height: reachOf(rows), width: reachOf(columns) };
  const input = forKernel(images, padding, Number.NEGATIVE_INFINITY);
  return tf.maxPool(input.x, kernel, stride, input.pad);
}

/** `torch.nn.functional.avg_pool2d` on `[n, h, w, c]`, with PyTorch's divisors. */
export function avgPool2d(x: tf.Tensor, kernelSize: Spatial, options: AvgPool2dOptions = {}): tf.Tensor4D {
  const images = expectImages(x);
  const window = toPoolWindow(kernelSize, options);
  const [rows, columns] = poolAxes(images, window);
  // Padding first makes all windows full: the kernels of tfjs disagree about the divisor of partial ones.
  const padded = padImages(images, { height: reachOf(rows), width: reachOf(columns) });
  const full = meanOfFullWindows(padded, window.kernel, window.stride);
  const correction = divisorCorrection(rows, columns, options.countIncludePad ?? true);
  return correction ? tf.mul(full, correction) : full;
}

/** The kernel itself: `tf.avgPool` adds a cast to the same type, which costs a copy in each direction. */
function meanOfFullWindows(x: tf.Tensor4D, filterSize: Pair, strides: Pair): tf.Tensor4D {
  return tf.engine().runKernel(tf.AvgPool, { x }, { filterSize, strides, pad: 'valid' }) as tf.Tensor4D;
}

/** How many elements PyTorch divides each window by, along one axis. */
function divisors({ kernel, stride, padding, size, windows }: PoolAxis, countIncludePad: boolean): number[] {
  return Array.from({ length: windows }, (_, i) => {
    const start = i * stride - padding;
    const end = Math.min(start + kernel, size + padding);
    return countIncludePad ? end - start : Math.min(end, size) - Math.max(start, 0);
  });
}

/** `[1, h, w, 1]` factors from full windows to PyTorch's divisors; undefined where all are full. */
function divisorCorrection(rows: PoolAxis, columns: PoolAxis, countIncludePad: boolean): tf.Tensor4D | undefined {
  const heights = divisors(rows, countIncludePad);
  const widths = divisors(columns, countIncludePad);
  if (heights.every((h) => h === rows.kernel) && widths.every((w) => w === columns.kernel)) return undefined;
  const full = rows.kernel * columns.kernel;
  const factors = heights.flatMap((h) => widths.map((w) => full / (h * w)));
  return tf.tensor4d(factors, [1, rows.windows, columns.windows, 1]);
}
