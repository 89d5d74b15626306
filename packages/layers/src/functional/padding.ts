import * as tf from '@tensorflow/tfjs-core';
import type { Pair } from './spatial.ts';

/** Pixels added before and after height and width; negative ones are cut off. */
export interface Padding {
  height: Pair;
  width: Pair;
}

/** What a kernel needs to see `x` padded. */
export interface PaddedInput {
  x: tf.Tensor4D;
  pad: 'valid' | tf.backend_util.ExplicitPadding;
}

export const symmetric = ([h, w]: Pair): Padding => ({ height: [h, h], width: [w, w] });

const isEmpty = ({ height, width }: Padding): boolean => [...height, ...width].every((p) => p === 0);

/** tfjs-node's kernels and gradients know only 'same' and 'valid'. */
const padsInKernel = (): boolean => tf.getBackend() !== 'tensorflow';

/** The one place that decides between padding inside the kernel and padding before it. */
export function forKernel(x: tf.Tensor4D, padding: Padding, value = 0): PaddedInput {
  if (isEmpty(padding)) return { x, pad: 'valid' };
  if (padsInKernel()) return { x, pad: [[0, 0], padding.height, padding.width, [0, 0]] };
  return { x: padImages(x, padding, value), pad: 'valid' };
}

/** `x` with its rows and columns padded by `value` or, where negative, cut. */
export function padImages(x: tf.Tensor4D, padding: Padding, value = 0): tf.Tensor4D {
  if (isEmpty(padding)) return x;
  const { height, width } = padding;
  const cut = (pair: Pair): Pair => [Math.max(0, -pair[0]), Math.max(0, -pair[1])];
  const grow = (pair: Pair): Pair => [Math.max(0, pair[0]), Math.max(0, pair[1])];
  const [top, bottom] = cut(height);
  const [left, right] = cut(width);
  const [n, h, w, c] = x.shape;
  const kept =
    top + bottom + left + right > 0 ? tf.slice(x, [0, top, left, 0], [n, h - top - bottom, w - left - right, c]) : x;
  return tf.pad(kept, [[0, 0], grow(height), grow(width), [0, 0]], value);
}
