import * as tf from '@tensorflow/tfjs-core';
import { type FoldingLayer, Module } from '@zoo/core';
import { isRectified } from '../functional/rectified.ts';

/** `torch.nn.ReLU`. */
export class ReLU extends Module<[tf.Tensor], tf.Tensor> implements FoldingLayer {
  get foldsAs() {
    return 'relu' as const;
  }

  forward(x: tf.Tensor): tf.Tensor {
    return isRectified(x) ? x : tf.relu(x);
  }
}

/** `torch.nn.Sigmoid`. */
export class Sigmoid extends Module<[tf.Tensor], tf.Tensor> {
  forward(x: tf.Tensor): tf.Tensor {
    return tf.sigmoid(x);
  }
}

/** `torch.nn.Tanh`. */
export class Tanh extends Module<[tf.Tensor], tf.Tensor> {
  forward(x: tf.Tensor): tf.Tensor {
    return tf.tanh(x);
  }
}

/** `torch.nn.Softmax` over the last axis: classes, or the channels of `[n, h, w, c]`. */
export class Softmax extends Module<[tf.Tensor], tf.Tensor> {
  forward(x: tf.Tensor): tf.Tensor {
    return tf.softmax(x);
  }
}

/** `torch.nn.Identity`: stands where a layer was taken out. */
export class Identity extends Module<[tf.Tensor], tf.Tensor> {
  forward(x: tf.Tensor): tf.Tensor {
    return x;
  }
}
