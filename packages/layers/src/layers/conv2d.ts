import type * as tf from '@tensorflow/tfjs-core';
import {
  type ChannelAffine,
  type FoldingLayer,
  type FusedActivation,
  Module,
  type Parameter,
  ZooError,
} from '@zoo/core';
import { conv2d } from '../functional/conv2d.ts';
import { type Pair, type Spatial, toCount, toPair } from '../functional/spatial.ts';
import { type AffineOptions, affineParameters, foldAffineInto } from './affine.ts';

export interface Conv2dOptions extends AffineOptions {
  stride?: Spatial;
  /** Zeros on each side; 'same' keeps the size and needs stride 1. */
  padding?: Spatial | 'same';
  dilation?: Spatial;
  groups?: number;
}

/** `torch.nn.Conv2d`: `[n, h, w, in]` to `[n, h', w', out]`. */
export class Conv2d extends Module<[tf.Tensor], tf.Tensor> implements FoldingLayer {
  readonly weight: Parameter;
  bias: Parameter | undefined;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: Pair;
  readonly stride: Pair;
  readonly padding: Pair | 'same';
  readonly dilation: Pair;
  readonly groups: number;
  #activation: FusedActivation | undefined;

  constructor(inChannels: number, outChannels: number, kernelSize: Spatial, options: Conv2dOptions = {}) {
    super();
    const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
    this.inChannels = toCount('inChannels', inChannels);
    this.outChannels = toCount('outChannels', outChannels);
    this.kernelSize = toPair('kernelSize', kernelSize);
    this.stride = toPair('stride', stride);
    this.padding = padding === 'same' ? padding : toPair('padding', padding, 0);
    this.dilation = toPair('dilation', dilation);
    this.groups = toGroups(groups, inChannels, outChannels);
    if (padding === 'same' && this.stride.some((s) => s !== 1)) {
      throw new ZooError('INVALID_ARGUMENT', `padding 'same' needs stride 1, got [${this.stride}].`);
    }
    const shape = [outChannels, inChannels / groups, ...this.kernelSize];
    const { weight, bias } = affineParameters(shape, outChannels, [2, 3, 1, 0], options);
    this.weight = weight;
    this.bias = bias;
  }

  forward(x: tf.Tensor): tf.Tensor {
    const { stride, padding, dilation, groups } = this;
    const bias = this.bias?.value();
    return conv2d(x, this.weight.value(), { bias, stride, padding, dilation, groups, activation: this.#activation });
  }

  foldAffine(affine: ChannelAffine): void {
    this.bias = foldAffineInto(this.weight, this.bias, affine);
  }

  fuseActivation(activation: FusedActivation): void {
    this.#activation = activation;
  }

  override multiplyAdds(_inputs: [tf.Tensor], output: tf.Tensor): number {
    const [kh, kw] = this.kernelSize;
    return (output.size * kh * kw * this.inChannels) / this.groups;
  }
}

/** Checks that both channel counts split into `groups`. */
export function toGroups(groups: number, inChannels: number, outChannels: number): number {
  toCount('groups', groups);
  if (inChannels % groups === 0 && outChannels % groups === 0) return groups;
  throw new ZooError(
    'INVALID_ARGUMENT',
    `groups must divide both channel counts, got ${groups} for ${inChannels} in and ${outChannels} out.`,
  );
}
