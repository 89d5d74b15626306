import * as tf from '@tensorflow/tfjs-core';
import { formatShape, Module } from '@zoo/core';
import { linearHead } from '@zoo/transfer';
import { invalid, refuseUnknown, whole } from '../options.ts';

export interface StackedClassifierOptions {
  /** How many. */
  members: number;
  numClasses: number;
}

/** Keeps what a member is certain of from dominating the sums. */
const leastLogProbability = -20;

/**
 * A linear classifier on the log-probabilities of an ensemble's members: their logits side by side, `[n, members *
 * numClasses]`, to logits. `stack` fits one; this constructor is for loading a state dict into.
 */
export class StackedClassifier extends Module<[tf.Tensor], tf.Tensor> {
  readonly head: Module<[tf.Tensor], tf.Tensor>;
  readonly #members: number;
  readonly #numClasses: number;

  constructor(options: StackedClassifierOptions) {
    super();
    refuseUnknown('StackedClassifier', options, ['members', 'numClasses']);
    this.#members = whole('StackedClassifier', 'members', options.members, 1);
    this.#numClasses = whole('StackedClassifier', 'numClasses', options.numClasses, 1);
    this.head = linearHead({ inFeatures: this.#members * this.#numClasses, numClasses: this.#numClasses });
  }

  /** What `head` is given. */
  features(logits: tf.Tensor): tf.Tensor {
    const [n = 0] = logits.shape;
    const width = this.#members * this.#numClasses;
    if (logits.rank !== 2 || logits.shape[1] !== width) {
      throw invalid(
        `expected the logits of ${this.#members} members of ${this.#numClasses} classes, [n, ${width}], got ${formatShape(logits.shape)}.`,
      );
    }
    const logProbabilities = tf.logSoftmax(tf.reshape(logits, [n, this.#members, this.#numClasses]));
    return tf.reshape(tf.maximum(logProbabilities, leastLogProbability), [n, width]);
  }

  forward(logits: tf.Tensor): tf.Tensor {
    return this.head.call(this.features(logits));
  }
}
