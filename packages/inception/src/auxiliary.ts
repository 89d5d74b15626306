import * as tf from '@tensorflow/tfjs-core';
import type { Module } from '@zoo/core';

/** A net with auxiliary classifiers, which help its lower layers to train. */
export interface AuxiliaryModel extends Module<[tf.Tensor], tf.Tensor> {
  /** Logits of the net, and of each auxiliary classifier in torchvision's order; none without `auxLogits`. */
  forwardWithAux(x: tf.Tensor): { logits: tf.Tensor; aux: tf.Tensor[] };
  /** Share of each auxiliary loss in the whole: 0.3 in GoogLeNet, 0.4 in Inception v3. */
  readonly auxWeight: number;
}

type Loss = (logits: tf.Tensor, targets: tf.Tensor) => tf.Tensor;

/** The training loss of the papers: the net's own and the weighted auxiliary ones. */
export function auxiliaryLoss(net: AuxiliaryModel, x: tf.Tensor, targets: tf.Tensor, loss: Loss): tf.Scalar {
  const { logits, aux } = net.forwardWithAux(x);
  return aux.reduce(
    (total, extra) => tf.add(total, tf.mul(loss(extra, targets), net.auxWeight)),
    loss(logits, targets),
  ) as tf.Scalar;
}

/** Turns images normalized with ImageNet's statistics into the [-1, 1] range that the original weights expect. */
export function toInceptionRange(x: tf.Tensor): tf.Tensor {
  const scale = [0.229, 0.224, 0.225].map((std) => std / 0.5);
  const offset = [0.485, 0.456, 0.406].map((mean) => (mean - 0.5) / 0.5);
  return tf.add(tf.mul(x, tf.tensor1d(scale)), tf.tensor1d(offset));
}
