import type * as tf from '@tensorflow/tfjs-core';
import { Module } from '@zoo/core';
import { checkInterpolate, type InterpolateOptions, interpolateBilinear } from '../functional/interpolate.ts';

/** `torch.nn.Upsample(mode='bilinear')` with align_corners false: `[n, h, w, c]` to `[n, h', w', c]`. */
export class Upsample extends Module<[tf.Tensor], tf.Tensor> {
  readonly options: Readonly<InterpolateOptions>;

  constructor(options: InterpolateOptions) {
    super();
    this.options = { ...checkInterpolate(options) };
  }

  forward(x: tf.Tensor): tf.Tensor {
    return interpolateBilinear(x, this.options);
  }

  override multiplyAdds(): number {
    return 0;
  }
}
