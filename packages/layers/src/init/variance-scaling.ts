import type { Initializer } from '@zoo/core';
import { normal, uniform } from './distributions.ts';
import { type FanMode, fansOf, gainOf, type Nonlinearity } from './fans.ts';

export interface KaimingOptions {
  /** Keep the variance of the forward pass (`fan_in`, default) or of the backward pass (`fan_out`). */
  mode?: FanMode;
  /** What follows the layer; default `leaky_relu`. */
  nonlinearity?: Nonlinearity;
  /** Negative slope of `leaky_relu`; default 0. */
  a?: number;
}

export interface XavierOptions {
  gain?: number;
}

/** Glorot and Bengio (2010), uniform. */
export const xavierUniform = ({ gain = 1 }: XavierOptions = {}): Initializer => {
  return (shape, rng) => {
    const bound = gain * Math.sqrt(3) * xavierStd(shape);
    return uniform(-bound, bound)(shape, rng);
  };
};

/** Glorot and Bengio (2010), normal. */
export const xavierNormal = ({ gain = 1 }: XavierOptions = {}): Initializer => {
  return (shape, rng) => normal(0, gain * xavierStd(shape))(shape, rng);
};

/** He et al. (2015), uniform. */
export const kaimingUniform = (options: KaimingOptions = {}): Initializer => {
  return (shape, rng) => {
    const bound = Math.sqrt(3) * kaimingStd(shape, options);
    return uniform(-bound, bound)(shape, rng);
  };
};

/** He et al. (2015), normal. */
export const kaimingNormal = (options: KaimingOptions = {}): Initializer => {
  return (shape, rng) => normal(0, kaimingStd(shape, options))(shape, rng);
};

function xavierStd(shape: readonly number[]): number {
  const { fanIn, fanOut } = fansOf(shape);
  return Math.sqrt(2 / (fanIn + fanOut));
}

function kaimingStd(
  shape: readonly number[],
  { mode = 'fan_in', nonlinearity = 'leaky_relu', a = 0 }: KaimingOptions,
): number {
  const { fanIn, fanOut } = fansOf(shape);
  return gainOf(nonlinearity, a) / Math.sqrt(mode === 'fan_in' ? fanIn : fanOut);
}
