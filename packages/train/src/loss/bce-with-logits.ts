import * as tf from '@tensorflow/tfjs-core';
import { noGrad, ZooError } from '@zoo/core';
import { refuseUnknown } from '../options.ts';
import { checkSameShape, type ElementwiseLossOptions } from './elementwise.ts';
import { checkReduction, reduce } from './reduction.ts';

export interface BceWithLogitsOptions extends ElementwiseLossOptions {
  /** Weight of the positive answer: one number, or one per entry of the last axis. */
  posWeight?: number | readonly number[];
}

const optionNames = ['reduction', 'posWeight'];

/**
 * Sigmoid and binary cross-entropy in one, as `torch.nn.functional.binary_cross_entropy_with_logits`. `targets` are
 * probabilities shaped like `logits`; they are taken as constants.
 */
export function bceWithLogits(logits: tf.Tensor, targets: tf.Tensor, options: BceWithLogitsOptions = {}): tf.Tensor {
  refuseUnknown('bceWithLogits', options, optionNames);
  const { reduction = 'mean', posWeight } = options;
  checkSameShape('bceWithLogits', logits, targets);
  checkReduction(reduction);
  if (Array.isArray(posWeight) && posWeight.length !== logits.shape.at(-1)) {
    throw new ZooError(
      'SHAPE_MISMATCH',
      `bceWithLogits: 'posWeight' has ${posWeight.length} entries for a last axis of ${logits.shape.at(-1)}.`,
    );
  }
  return tf.tidy(() => {
    const constants = noGrad(() => {
      const z = tf.cast(targets, 'float32');
      const negative = tf.sub(1, z);
      if (posWeight === undefined) return { negative };
      return { negative, both: tf.add(tf.mul(z, tf.tensor(posWeight as number | number[])), negative) };
    });
    const { negative } = constants;
    const both = constants.both ?? tf.scalar(1);
    const loss = tf.customGrad((x, save) => {
      const input = x as tf.Tensor;
      (save as tf.GradSaveFunc)([input, negative, both]);
      // log(1 + exp(-x)), with exp of nothing positive
      const softplus = tf.add(tf.relu(tf.neg(input)), tf.log1p(tf.exp(tf.neg(tf.abs(input)))));
      return {
        value: tf.add(tf.mul(negative, input), tf.mul(both, softplus)),
        gradFunc: (dy, saved) => {
          const [s, n, b] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
          return [tf.mul(dy, tf.sub(n, tf.mul(b, tf.sigmoid(tf.neg(s)))))] as never;
        },
      };
    })(logits);
    return reduce(loss, reduction);
  });
}
