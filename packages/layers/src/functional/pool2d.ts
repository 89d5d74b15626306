import * as tf from '@tensorflow/tfjs-core';
import { ZooError } from '@zoo/core';
import { expectImages, expectOutput } from './expect-shape.ts';
import { forKernel, type Padding, padImages } from './padding.ts';
import { type Pair, type Spatial, toPair } from './spatial.ts';

export interface MaxPool2dOptions {
  /** Default: the kernel size. */
  stride?: Spatial;
  /** Pixels on each side, at most half the kernel; they never win. */
  padding?: Spatial;
  /** Keep a last window that only partly covers the input. */
  ceilMode?: boolean;
}

export interface AvgPool2dOptions extends MaxPool2dOptions {
  /** Count padding zeros in the mean; default true. */
  countIncludePad?: boolean;
}

/** Windows along one axis. */
interface Axis {
  kernel: number;
  stride: number;
  padding: number;
  size: number;
  windows: number;
}

/** `torch.nn.functional.max_pool2d` on `[n, h, w, c]`. The gradient of equal maxima goes to the first of them. */
export function maxPool2d(x: tf.Tensor, kernelSize: Spatial, options: MaxPool2dOptions = {}): tf.Tensor4D {
  const images = expectImages(x);
  const [rows, columns] = windowsOf(images, kernelSize, options);
  const padding = { height: sides(rows), width: sides(columns) };
  const input = forKernel(images, padding, Number.NEGATIVE_INFINITY);
  return tf.maxPool(input.x, [rows.kernel, columns.kernel], [rows.stride, columns.stride], input.pad);
}

/** `torch.nn.functional.avg_pool2d` on `[n, h, w, c]`, with PyTorch's divisors. */
export function avgPool2d(x: tf.Tensor, kernelSize: Spatial, options: AvgPool2dOptions = {}): tf.Tensor4D {
  const images = expectImages(x);
  const { countIncludePad = true } = options;
  const [rows, columns] = windowsOf(images, kernelSize, options);
  // Padding first makes all windows full: the kernels of tfjs disagree about the divisor of partial ones.
  const padding: Padding = { height: sides(rows), width: sides(columns) };
  const full = meanOfFullWindows(padImages(images, padding), rows, columns);
  const correction = divisorCorrection(rows, columns, countIncludePad);
  return correction ? tf.mul(full, correction) : full;
}

/** The kernel itself: `tf.avgPool` adds a cast to the same type, which costs a copy in each direction. */
function meanOfFullWindows(x: tf.Tensor4D, rows: Axis, columns: Axis): tf.Tensor4D {
  const filterSize: Pair = [rows.kernel, columns.kernel];
  const strides: Pair = [rows.stride, columns.stride];
  return tf.engine().runKernel(tf.AvgPool, { x }, { filterSize, strides, pad: 'valid' }) as tf.Tensor4D;
}

function windowsOf(x: tf.Tensor4D, kernelSize: Spatial, options: MaxPool2dOptions): [Axis, Axis] {
  const kernel = toPair('kernelSize', kernelSize);
  const stride = toPair('stride', options.stride ?? kernelSize);
  const padding = toPair('padding', options.padding ?? 0, 0);
  if (padding[0] > kernel[0] / 2 || padding[1] > kernel[1] / 2) {
    throw new ZooError(
      'INVALID_ARGUMENT',
      `padding must be at most half the kernel size, got [${padding}] for kernel [${kernel}].`,
    );
  }
  const axis = (at: 0 | 1): Axis => {
    const size = x.shape[at + 1]!;
    const free = (size + 2 * padding[at] - kernel[at]) / stride[at];
    let windows = (options.ceilMode ? Math.ceil(free) : Math.floor(free)) + 1;
    // No window starts in the padding at the bottom or right.
    if (options.ceilMode && (windows - 1) * stride[at] >= size + padding[at]) windows--;
    return { kernel: kernel[at], stride: stride[at], padding: padding[at], size, windows };
  };
  const axes: [Axis, Axis] = [axis(0), axis(1)];
  expectOutput([axes[0].windows, axes[1].windows], x, kernel);
  return axes;
}

/** Padding before and after; what no window reaches is left out, what ceil mode reaches beyond is added. */
function sides({ kernel, stride, padding, size, windows }: Axis): Pair {
  return [padding, Math.max(0, (windows - 1) * stride + kernel - size - padding)];
}

/** How many elements PyTorch divides each window by, along one axis. */
function divisors({ kernel, stride, padding, size, windows }: Axis, countIncludePad: boolean): number[] {
  return Array.from({ length: windows }, (_, i) => {
    const start = i * stride - padding;
    const end = Math.min(start + kernel, size + padding);
    return countIncludePad ? end - start : Math.min(end, size) - Math.max(start, 0);
  });
}

/** `[1, h, w, 1]` factors from full windows to PyTorch's divisors; undefined where all are full. */
function divisorCorrection(rows: Axis, columns: Axis, countIncludePad: boolean): tf.Tensor4D | undefined {
  const heights = divisors(rows, countIncludePad);
  const widths = divisors(columns, countIncludePad);
  if (heights.every((h) => h === rows.kernel) && widths.every((w) => w === columns.kernel)) return undefined;
  const full = rows.kernel * columns.kernel;
  const factors = heights.flatMap((h) => widths.map((w) => full / (h * w)));
  return tf.tensor4d(factors, [1, rows.windows, columns.windows, 1]);
}
