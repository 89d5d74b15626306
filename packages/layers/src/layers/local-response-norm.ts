import type * as tf from '@tensorflow/tfjs-core';
import { Module } from '@zoo/core';
import { type LocalResponseNormOptions, localResponseNorm } from '../functional/local-response-norm.ts';
import { toCount } from '../functional/spatial.ts';

/** `torch.nn.LocalResponseNorm` over the channels of `[n, h, w, c]`. */
export class LocalResponseNorm extends Module<[tf.Tensor], tf.Tensor> {
  readonly size: number;
  readonly options: Readonly<LocalResponseNormOptions>;

  constructor(size: number, options: LocalResponseNormOptions = {}) {
    super();
    this.size = toCount('size', size);
    this.options = { ...options };
  }

  forward(x: tf.Tensor): tf.Tensor {
    return localResponseNorm(x, this.size, this.options);
  }

  override multiplyAdds(): number {
    return 0;
  }
}
