import type * as tf from '@tensorflow/tfjs-core';
import { Module } from '@zoo/core';
import { type MaxPool2dOptions, toPoolWindow } from '../functional/pool-window.ts';
import { type AvgPool2dOptions, avgPool2d, maxPool2d } from '../functional/pool2d.ts';
import type { Pair, Spatial } from '../functional/spatial.ts';

/** What both pools hold. */
abstract class Pool2d extends Module<[tf.Tensor], tf.Tensor> {
  readonly kernelSize: Pair;
  readonly stride: Pair;
  readonly padding: Pair;
  readonly ceilMode: boolean;

  constructor(kernelSize: Spatial, options: MaxPool2dOptions) {
    super();
    const { kernel, stride, padding, ceilMode } = toPoolWindow(kernelSize, options);
    this.kernelSize = kernel;
    this.stride = stride;
    this.padding = padding;
    this.ceilMode = ceilMode;
  }
}

/** `torch.nn.MaxPool2d` on `[n, h, w, c]`. */
export class MaxPool2d extends Pool2d {
  constructor(kernelSize: Spatial, options: MaxPool2dOptions = {}) {
    super(kernelSize, options);
  }

  forward(x: tf.Tensor): tf.Tensor {
    return maxPool2d(x, this.kernelSize, this);
  }
}

/** `torch.nn.AvgPool2d` on `[n, h, w, c]`. */
export class AvgPool2d extends Pool2d {
  readonly countIncludePad: boolean;

  constructor(kernelSize: Spatial, options: AvgPool2dOptions = {}) {
    super(kernelSize, options);
    this.countIncludePad = options.countIncludePad ?? true;
  }

  forward(x: tf.Tensor): tf.Tensor {
    return avgPool2d(x, this.kernelSize, this);
  }
}
