import * as tf from '@tensorflow/tfjs-core';
import { Module } from '@zoo/core';
import type { KNearestNeighbors } from '@zoo/transfer';

/** Share of the votes that a class without any is given: its logarithm must be finite. */
const leastShare = 1e-3;

/** Votes of nearest neighbours as logits, which all other heads give. */
export class NeighbourHead extends Module<[tf.Tensor], tf.Tensor> {
  readonly votes: KNearestNeighbors;

  constructor(votes: KNearestNeighbors) {
    super();
    this.votes = votes;
  }

  forward(x: tf.Tensor): tf.Tensor {
    return tf.log(tf.maximum(this.votes.call(x), leastShare));
  }
}
