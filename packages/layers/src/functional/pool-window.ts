import type * as tf from '@tensorflow/tfjs-core';
import { ZooError } from '@zoo/core';
import { expectOutput } from './expect-shape.ts';
import { type Pair, type Spatial, toPair } from './spatial.ts';

export interface MaxPool2dOptions {
  /** Default: the kernel size. */
  stride?: Spatial;
  /** Pixels on each side, at most half the kernel; they never win. */
  padding?: Spatial;
  /** Keep a last window that only partly covers the input. */
  ceilMode?: boolean;
}

/** Checked options of a pool. */
export interface PoolWindow {
  kernel: Pair;
  stride: Pair;
  padding: Pair;
  ceilMode: boolean;
}

/** Windows along one axis of an input. */
export interface PoolAxis {
  kernel: number;
  stride: number;
  padding: number;
  size: number;
  windows: number;
}

/** Checks a pool's options. */
export function toPoolWindow(kernelSize: Spatial, options: MaxPool2dOptions): PoolWindow {
  const kernel = toPair('kernelSize', kernelSize);
  const stride = toPair('stride', options.stride ?? kernelSize);
  const padding = toPair('padding', options.padding ?? 0, 0);
  if (padding[0] > kernel[0] / 2 || padding[1] > kernel[1] / 2) {
    throw new ZooError(
      'INVALID_ARGUMENT',
      `padding must be at most half the kernel size, got [${padding}] for kernel [${kernel}].`,
    );
  }
  return { kernel, stride, padding, ceilMode: options.ceilMode ?? false };
}

/** The windows PyTorch forms along height and width of `x`. */
export function poolAxes(x: tf.Tensor4D, { kernel, stride, padding, ceilMode }: PoolWindow): [PoolAxis, PoolAxis] {
  const along = (at: 0 | 1): PoolAxis => {
    const size = x.shape[at + 1]!;
    const steps = (size + 2 * padding[at] - kernel[at]) / stride[at];
    let windows = (ceilMode ? Math.ceil(steps) : Math.floor(steps)) + 1;
    // No window starts in the padding at the bottom or right.
    if (ceilMode && (windows - 1) * stride[at] >= size + padding[at]) windows--;
    return { kernel: kernel[at], stride: stride[at], padding: padding[at], size, windows };
  };
  const axes: [PoolAxis, PoolAxis] = [along(0), along(1)];
  expectOutput([axes[0].windows, axes[1].windows], x, kernel);
  return axes;
}

/** Padding before and after: what no window reaches is left out, what ceil mode reaches beyond is added. */
export function reachOf({ kernel, stride, padding, size, windows }: PoolAxis): Pair {
  return [padding, Math.max(0, (windows - 1) * stride + kernel - size - padding)];
}
