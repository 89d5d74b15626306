import type * as tf from '@tensorflow/tfjs-core';
import { type ChannelAffine, type FoldingLayer, type FusedActivation, Module, type Parameter } from '@zoo/core';
import { linear } from '../functional/linear.ts';
import { toCount } from '../functional/spatial.ts';
import { type AffineOptions, affineParameters, foldAffineInto } from './affine.ts';

export type LinearOptions = AffineOptions;

/** `torch.nn.Linear`: `[..., in]` to `[..., out]`. */
export class Linear extends Module<[tf.Tensor], tf.Tensor> implements FoldingLayer {
  readonly weight: Parameter;
  bias: Parameter | undefined;
  readonly inFeatures: number;
  readonly outFeatures: number;
  #activation: FusedActivation | undefined;

  constructor(inFeatures: number, outFeatures: number, options: LinearOptions = {}) {
    super();
    this.inFeatures = toCount('inFeatures', inFeatures);
    this.outFeatures = toCount('outFeatures', outFeatures);
    const { weight, bias } = affineParameters([outFeatures, inFeatures], outFeatures, [1, 0], options);
    this.weight = weight;
    this.bias = bias;
  }

  forward(x: tf.Tensor): tf.Tensor {
    return linear(x, this.weight.value(), this.bias?.value(), this.#activation);
  }

  foldAffine(affine: ChannelAffine): void {
    this.bias = foldAffineInto(this.weight, this.bias, affine);
  }

  fuseActivation(activation: FusedActivation): void {
    this.#activation = activation;
  }
}
