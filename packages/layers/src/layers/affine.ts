import * as tf from '@tensorflow/tfjs-core';
import { type ChannelAffine, type Initializer, Parameter } from '@zoo/core';
import { uniform } from '../init/distributions.ts';
import { fansOf } from '../init/fans.ts';
import { kaimingUniform } from '../init/variance-scaling.ts';

/** Options of every layer with a weight and a bias. */
export interface AffineOptions {
  /** Default true. */
  bias?: boolean;
  /** Default: PyTorch's, uniform within 1 / sqrt(fan in). */
  weightInit?: Initializer;
  /** Default: PyTorch's, uniform within 1 / sqrt(fan in of the weight). */
  biasInit?: Initializer;
}

export interface AffineParameters {
  weight: Parameter;
  bias: Parameter | undefined;
}

/** A weight of `shape` (PyTorch's layout) and its bias, initialized as PyTorch does. */
export function affineParameters(
  shape: readonly number[],
  outputs: number,
  layout: readonly number[],
  { bias = true, weightInit, biasInit }: AffineOptions,
): AffineParameters {
  const bound = 1 / Math.sqrt(fansOf(shape).fanIn);
  const weight = new Parameter(shape, { layout, init: weightInit ?? kaimingUniform({ a: Math.sqrt(5) }) });
  return { weight, bias: bias ? new Parameter([outputs], { init: biasInit ?? uniform(-bound, bound) }) : undefined };
}

/** Multiplies `weight`, output channels last, by the scale; returns the bias, a new one if there was none. */
export function foldAffineInto(
  weight: Parameter,
  bias: Parameter | undefined,
  { scale, shift }: ChannelAffine,
): Parameter {
  const folded = bias ?? new Parameter(shift.shape);
  tf.tidy(() => {
    weight.assign(tf.mul(weight.value(), scale));
    folded.assign(bias ? tf.add(tf.mul(bias.value(), scale), shift) : shift);
  });
  return folded;
}
