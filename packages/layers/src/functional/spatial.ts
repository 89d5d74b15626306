import { formatShape, ZooError } from '@zoo/core';

/** One number for both axes, or `[height, width]`. */
export type Spatial = number | readonly [number, number];

/** `[height, width]` */
export type Pair = [number, number];

/** Both axes of `value`, checked to be integers of at least `least`. */
export function toPair(name: string, value: Spatial, least = 1): Pair {
  const pair: Pair = typeof value === 'number' ? [value, value] : [value[0], value[1]];
  if (!pair.every((v) => Number.isInteger(v) && v >= least)) {
    const shown = typeof value === 'number' ? String(value) : formatShape(value);
    throw new ZooError('INVALID_ARGUMENT', `${name} must be integers of at least ${least}, got ${shown}.`);
  }
  return pair;
}

/** Checks a count such as a number of channels. */
export function toCount(name: string, value: number): number {
  if (!Number.isInteger(value) || value < 1) {
    throw new ZooError('INVALID_ARGUMENT', `${name} must be a positive integer, got ${value}.`);
  }
  return value;
}

/** Pixels that a kernel of `size` spans at `dilation`. */
export const extent = (size: number, dilation: number): number => (size - 1) * dilation + 1;
