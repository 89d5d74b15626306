import type * as tf from '@tensorflow/tfjs-core';
import { Module } from '@zoo/core';
import { adaptiveAvgPool2d, adaptiveMaxPool2d, globalAvgPool, globalMaxPool } from '../functional/adaptive-pool2d.ts';
import { type Pair, type Spatial, toPair } from '../functional/spatial.ts';

/** `torch.nn.AdaptiveAvgPool2d`: `[n, h, w, c]` to `[n, ...outputSize, c]`, of any size. */
export class AdaptiveAvgPool2d extends Module<[tf.Tensor], tf.Tensor> {
  readonly outputSize: Pair;

  constructor(outputSize: Spatial) {
    super();
    this.outputSize = toPair('outputSize', outputSize);
  }

  forward(x: tf.Tensor): tf.Tensor {
    return adaptiveAvgPool2d(x, this.outputSize);
  }

  override multiplyAdds(): number {
    return 0;
  }
}

/** `torch.nn.AdaptiveMaxPool2d`: `[n, h, w, c]` to `[n, ...outputSize, c]`, of any size. */
export class AdaptiveMaxPool2d extends Module<[tf.Tensor], tf.Tensor> {
  readonly outputSize: Pair;

  constructor(outputSize: Spatial) {
    super();
    this.outputSize = toPair('outputSize', outputSize);
  }

  forward(x: tf.Tensor): tf.Tensor {
    return adaptiveMaxPool2d(x, this.outputSize);
  }
}

/** Mean over all pixels: `[n, h, w, c]` to `[n, c]`. */
export class GlobalAvgPool extends Module<[tf.Tensor], tf.Tensor> {
  forward(x: tf.Tensor): tf.Tensor {
    return globalAvgPool(x);
  }
}

/** Maximum over all pixels: `[n, h, w, c]` to `[n, c]`. */
export class GlobalMaxPool extends Module<[tf.Tensor], tf.Tensor> {
  forward(x: tf.Tensor): tf.Tensor {
    return globalMaxPool(x);
  }
}
