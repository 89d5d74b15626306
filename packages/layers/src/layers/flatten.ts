import type * as tf from '@tensorflow/tfjs-core';
import { Module } from '@zoo/core';
import { flatten } from '../functional/flatten.ts';

/** `torch.nn.Flatten`: `[n, h, w, c]` to `[n, c * h * w]` in PyTorch's C, H, W order. */
export class Flatten extends Module<[tf.Tensor], tf.Tensor> {
  forward(x: tf.Tensor): tf.Tensor {
    return flatten(x);
  }
}
