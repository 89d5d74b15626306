import type * as tf from '@tensorflow/tfjs-core';
import { Module } from '@zoo/core';
import { init, Linear } from '@zoo/layers';

export interface LinearRegressionOptions {
  inFeatures?: number;
  outFeatures?: number;
  seed?: number;
}

/** `y = x W + b`; `[n, inFeatures]` to `[n, outFeatures]`. Weights start at N(0, 0.01), the bias at 0. */
export class LinearRegression extends Module<[tf.Tensor], tf.Tensor> {
  readonly linear: Linear;

  constructor({ inFeatures = 2, outFeatures = 1 }: LinearRegressionOptions = {}) {
    super();
    this.linear = new Linear(inFeatures, outFeatures, { weightInit: init.normal(0, 0.01), biasInit: init.zeros() });
  }

  forward(x: tf.Tensor): tf.Tensor {
    return this.linear.call(x);
  }
}
