import type * as tf from '@tensorflow/tfjs-core';
import { Module } from '@zoo/core';
import { type AvgPool2dOptions, avgPool2d, type MaxPool2dOptions, maxPool2d } from '../functional/pool2d.ts';
import type { Spatial } from '../functional/spatial.ts';

/** `torch.nn.MaxPool2d` on `[n, h, w, c]`. */
export class MaxPool2d extends Module<[tf.Tensor], tf.Tensor> {
  readonly kernelSize: Spatial;
  readonly options: Readonly<MaxPool2dOptions>;

  constructor(kernelSize: Spatial, options: MaxPool2dOptions = {}) {
    super();
    this.kernelSize = kernelSize;
    this.options = { ...options };
  }

  forward(x: tf.Tensor): tf.Tensor {
    return maxPool2d(x, this.kernelSize, this.options);
  }
}

/** `torch.nn.AvgPool2d` on `[n, h, w, c]`. */
export class AvgPool2d extends Module<[tf.Tensor], tf.Tensor> {
  readonly kernelSize: Spatial;
  readonly options: Readonly<AvgPool2dOptions>;

  constructor(kernelSize: Spatial, options: AvgPool2dOptions = {}) {
    super();
    this.kernelSize = kernelSize;
    this.options = { ...options };
  }

  forward(x: tf.Tensor): tf.Tensor {
    return avgPool2d(x, this.kernelSize, this.options);
  }
}
