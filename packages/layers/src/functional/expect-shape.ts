import type * as tf from '@tensorflow/tfjs-core';
import { formatShape, ZooError } from '@zoo/core';

const shape = (axes: readonly (number | string)[]): string => `[${axes.join(', ')}]`;

/** Refuses anything but `[n, h, w, c]` images, with `channels` channels where that is given. */
export function expectImages(x: tf.Tensor, channels?: number): tf.Tensor4D {
  if (x.rank === 4 && (channels === undefined || x.shape[3] === channels)) return x as tf.Tensor4D;
  const nchw = x.rank === 4 && x.shape[1] === channels ? ' Images are channels-last here; transpose NCHW to NHWC.' : '';
  throw new ZooError(
    'SHAPE_MISMATCH',
    `expected ${shape(['n', 'h', 'w', channels ?? 'c'])}, got ${formatShape(x.shape)}.${nchw}`,
  );
}

/** Refuses inputs whose rank is none of `ranks`, or whose last axis is not `features`. */
export function expectFeatures(x: tf.Tensor, features: number, axes: readonly (readonly string[])[]): void {
  if (axes.some((names) => names.length + 1 === x.rank) && x.shape.at(-1) === features) return;
  const expected = axes.map((names) => shape([...names, features])).join(' or ');
  throw new ZooError('SHAPE_MISMATCH', `expected ${expected}, got ${formatShape(x.shape)}.`);
}

/** Refuses an output without pixels, which a kernel larger than its input would give. */
export function expectOutput(size: readonly [number, number], x: tf.Tensor4D, kernel: readonly [number, number]): void {
  if (size[0] >= 1 && size[1] >= 1) return;
  throw new ZooError(
    'SHAPE_MISMATCH',
    `a kernel spanning ${kernel[0]}x${kernel[1]} does not fit input ${formatShape(x.shape)}: the output would be ${size[0]}x${size[1]}.`,
  );
}
