import * as tf from '@tensorflow/tfjs-core';
import { formatShape, noGrad, oneHot, sameShape, ZooError } from '@zoo/core';
import { checkReduction, type Reduction } from './reduction.ts';

export interface ClassLossOptions {
  /** One weight per class: numbers or a `[classes]` tensor. */
  weight?: readonly number[] | tf.Tensor;
  /** Label of elements that count for nothing; default -100. */
  ignoreIndex?: number;
  /** Default 'mean': the sum divided by the sum of the labels' weights. */
  reduction?: Reduction;
}

/** How much of each class each row should have, in the loss `-sum(weights * logProbabilities)`. */
export interface ClassTargets {
  /** `[rows, classes]`; rows that are ignored are zero. */
  weights: tf.Tensor2D;
  /** `[rows, 1]`: the sums of `weights` along classes. */
  rowSums: tf.Tensor2D;
  /** Scalar that 'mean' divides by; NaN when a label is out of range, so that the loss shows it. */
  denominator: tf.Scalar;
  /** Scalar 1, or NaN when a label is out of range. */
  validity: tf.Scalar;
}

/** Checks scores `[..., classes]` and int32 labels `[...]`, and returns the scores as `[rows, classes]`. */
export function scoreRows(loss: string, scores: tf.Tensor, labels: tf.Tensor, options: ClassLossOptions): tf.Tensor2D {
  if (scores.rank < 2 || !sameShape(labels.shape, scores.shape.slice(0, -1))) {
    throw new ZooError(
      'SHAPE_MISMATCH',
      `${loss} needs scores [n, ..., classes] and labels [n, ...], got ${formatShape(scores.shape)} and ${formatShape(labels.shape)}.`,
    );
  }
  if (labels.dtype !== 'int32') {
    throw new ZooError(
      'INVALID_ARGUMENT',
      `${loss} needs int32 labels, got ${labels.dtype}: use tf.cast(labels, 'int32').`,
    );
  }
  const classes = scores.shape.at(-1)!;
  const { weight } = options;
  const numWeights = weight instanceof tf.Tensor ? weight.size : weight?.length;
  if (numWeights !== undefined && numWeights !== classes) {
    throw new ZooError('SHAPE_MISMATCH', `${loss}: 'weight' has ${numWeights} entries for ${classes} classes.`);
  }
  if (weight && !(weight instanceof tf.Tensor) && !weight.every((w) => w >= 0 && w < Number.POSITIVE_INFINITY)) {
    throw new ZooError('INVALID_ARGUMENT', `${loss}: 'weight' needs finite numbers >= 0, got ${weight.join(', ')}.`);
  }
  checkReduction(options.reduction ?? 'mean');
  return tf.reshape(scores, [-1, classes]);
}

/** Builds the targets; nothing of it is on the gradient tape. */
export function classTargets(
  labels: tf.Tensor,
  classes: number,
  options: ClassLossOptions & { labelSmoothing?: number },
): ClassTargets {
  const { weight, ignoreIndex = -100, labelSmoothing = 0 } = options;
  return noGrad(() => {
    let rows = tf.reshape(labels, [-1]) as tf.Tensor1D;
    const counted = tf.sum(tf.cast(tf.notEqual(rows, tf.scalar(ignoreIndex, 'int32')), 'float32'));
    if (ignoreIndex >= 0 && ignoreIndex < classes) {
      const none = tf.fill(rows.shape, -1, 'int32') as tf.Tensor1D;
      rows = tf.where(tf.equal(rows, tf.scalar(ignoreIndex, 'int32')), none, rows);
    }
    // Labels outside 0 .. classes - 1 give rows of zeros.
    const ones = oneHot(rows, classes) as tf.Tensor2D;
    const known = tf.sum(ones, 1, true) as tf.Tensor2D;
    const validity = tf.where(
      tf.greaterEqual(tf.sum(known), counted),
      tf.scalar(1),
      tf.scalar(Number.NaN),
    ) as tf.Scalar;
    const classWeights = weight instanceof tf.Tensor ? weight : weight && tf.tensor1d([...weight], 'float32');
    const hard = classWeights ? tf.mul(ones, classWeights) : ones;
    const denominator = tf.mul(classWeights ? tf.sum(hard) : counted, validity) as tf.Scalar;
    if (labelSmoothing === 0) {
      const rowSums = classWeights ? (tf.sum(hard, 1, true) as tf.Tensor2D) : known;
      return { weights: hard as tf.Tensor2D, rowSums, denominator, validity };
    }
    const share = labelSmoothing / classes;
    const spread = tf.mul(known, classWeights ? tf.mul(classWeights, share) : tf.scalar(share));
    const weights = tf.add(tf.mul(hard, 1 - labelSmoothing), spread) as tf.Tensor2D;
    return { weights, rowSums: tf.sum(weights, 1, true) as tf.Tensor2D, denominator, validity };
  });
}
