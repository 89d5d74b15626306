import type * as tf from '@tensorflow/tfjs-core';
import { Module, type Parameter } from '@zoo/core';
import { checkOutputPadding, convTranspose2d } from '../functional/conv-transpose2d.ts';
import { type Pair, type Spatial, toCount, toPair } from '../functional/spatial.ts';
import { type AffineOptions, affineParameters } from './affine.ts';
import { toGroups } from './conv2d.ts';

export interface ConvTranspose2dOptions extends AffineOptions {
  stride?: Spatial;
  /** Pixels cut from each side of the full output. */
  padding?: Spatial;
  /** Pixels added at the bottom and right; less than the stride. */
  outputPadding?: Spatial;
  groups?: number;
  dilation?: Spatial;
}

/** `torch.nn.ConvTranspose2d`: `[n, h, w, in]` to `[n, h', w', out]`. Its weight is `[in, out / groups, kh, kw]`. */
export class ConvTranspose2d extends Module<[tf.Tensor], tf.Tensor> {
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: Pair;
  readonly stride: Pair;
  readonly padding: Pair;
  readonly outputPadding: Pair;
  readonly groups: number;
  readonly dilation: Pair;

  constructor(inChannels: number, outChannels: number, kernelSize: Spatial, options: ConvTranspose2dOptions = {}) {
    super();
    const { stride = 1, padding = 0, outputPadding = 0, groups = 1, dilation = 1 } = options;
    this.inChannels = toCount('inChannels', inChannels);
    this.outChannels = toCount('outChannels', outChannels);
    this.kernelSize = toPair('kernelSize', kernelSize);
    this.stride = toPair('stride', stride);
    this.padding = toPair('padding', padding, 0);
    this.outputPadding = toPair('outputPadding', outputPadding, 0);
    this.groups = toGroups(groups, inChannels, outChannels);
    this.dilation = toPair('dilation', dilation);
    checkOutputPadding(this.outputPadding, this.stride, this.dilation);
    const shape = [inChannels, outChannels / groups, ...this.kernelSize];
    const { weight, bias } = affineParameters(shape, outChannels, [2, 3, 1, 0], options);
    this.weight = weight;
    this.bias = bias;
  }

  forward(x: tf.Tensor): tf.Tensor {
    const { stride, padding, outputPadding, groups, dilation } = this;
    const bias = this.bias?.value();
    return convTranspose2d(x, this.weight.value(), { bias, stride, padding, outputPadding, groups, dilation });
  }

  override multiplyAdds([x]: [tf.Tensor]): number {
    const [kh, kw] = this.kernelSize;
    return (x.size * kh * kw * this.outChannels) / this.groups;
  }
}
