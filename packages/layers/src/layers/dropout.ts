import type * as tf from '@tensorflow/tfjs-core';
import { Module } from '@zoo/core';
import { dropout, toProbability } from '../functional/dropout.ts';

/**
 * `torch.nn.Dropout`: in training zeroes each element with probability `p` and scales the rest. The mask comes from
 * the module's own `rng`. Freezing does not switch it off; `eval()` does.
 */
export class Dropout extends Module<[tf.Tensor], tf.Tensor> {
  p: number;

  constructor(p = 0.5) {
    super();
    this.p = toProbability(p);
  }

  forward(x: tf.Tensor): tf.Tensor {
    return this.training ? dropout(x, this.p, this.rng) : x;
  }
}
