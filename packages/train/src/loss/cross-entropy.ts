import * as tf from '@tensorflow/tfjs-core';
import { ZooError } from '@zoo/core';
import { refuseUnknown } from '../options.ts';
import { type ClassLossOptions, type ClassTargets, classTargets, scoreRows } from './class-targets.ts';

export interface CrossEntropyOptions extends ClassLossOptions {
  /** Share of each target that is spread over all classes, in [0, 1]; default 0. */
  labelSmoothing?: number;
}

const optionNames = ['weight', 'ignoreIndex', 'reduction', 'labelSmoothing'];

/** Log-probabilities of `[rows, classes]`, stable for scores of any size. */
function logProbabilities(logits: tf.Tensor2D): tf.Tensor2D {
  const shifted = tf.sub(logits, tf.max(logits, 1, true));
  return tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), 1, true)));
}

/**
 * Softmax and negative log-likelihood in one, as `torch.nn.functional.cross_entropy` but with the classes last:
 * `logits` `[n, c]` or `[n, h, w, c]`, int32 `labels` `[n]` or `[n, h, w]`. A scalar, or shaped like `labels` without
 * reduction. A label out of range, which cannot be seen without reading the device, makes the loss NaN.
 */
export function crossEntropy(logits: tf.Tensor, labels: tf.Tensor, options: CrossEntropyOptions = {}): tf.Tensor {
  refuseUnknown('crossEntropy', options, optionNames);
  const { reduction = 'mean', labelSmoothing = 0 } = options;
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new ZooError('INVALID_ARGUMENT', `crossEntropy: 'labelSmoothing' must be in [0, 1], got ${labelSmoothing}.`);
  }
  return tf.tidy(() => {
    const rows = scoreRows('crossEntropy', logits, labels, options);
    const targets = classTargets(labels, rows.shape[1], options);
    const { weights, rowSums, denominator, validity } = targets;
    const loss = tf.customGrad((x, save) => {
      const logP = logProbabilities(x as tf.Tensor2D);
      (save as tf.GradSaveFunc)([logP, weights, rowSums, denominator]);
      const value = negativeLikelihood(logP, { weights, denominator, validity }, reduction);
      return { value, gradFunc: (dy, saved) => [gradient(dy, saved, reduction)] as never };
    })(rows);
    return reduction === 'none' ? tf.reshape(loss, labels.shape) : loss;
  });
}

/** `softmax * rowSums - weights`, times what flows in. */
function gradient(dy: tf.Tensor, saved: tf.Tensor[], reduction: string): tf.Tensor {
  const [logP, weights, rowSums, denominator] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
  const dLogits = tf.sub(tf.mul(tf.exp(logP), rowSums), weights);
  if (reduction === 'none') return tf.mul(dLogits, tf.reshape(dy, [-1, 1]));
  // Where every label is ignored the mean is NaN, but no row has a gradient, as in PyTorch.
  return tf.mul(dLogits, reduction === 'mean' ? tf.divNoNan(dy, denominator) : dy);
}

function negativeLikelihood(
  logP: tf.Tensor2D,
  { weights, denominator, validity }: Omit<ClassTargets, 'rowSums'>,
  reduction: string,
): tf.Tensor {
  // A class of probability 0, such as a masked score of -Infinity, counts for nothing where its weight is 0.
  const likelihood = tf.mul(weights, tf.maximum(logP, -3e38));
  if (reduction === 'none') return tf.mul(tf.neg(tf.sum(likelihood, 1)), validity);
  return tf.div(tf.neg(tf.sum(likelihood)), reduction === 'mean' ? denominator : validity);
}

const nllOptionNames = ['weight', 'ignoreIndex', 'reduction'];

/**
 * Negative log-likelihood of log-probabilities, as `torch.nn.functional.nll_loss` with the classes last. Shapes as in
 * `crossEntropy`.
 */
export function nll(logProbs: tf.Tensor, labels: tf.Tensor, options: ClassLossOptions = {}): tf.Tensor {
  refuseUnknown('nll', options, nllOptionNames);
  const { reduction = 'mean' } = options;
  return tf.tidy(() => {
    const rows = scoreRows('nll', logProbs, labels, options);
    const loss = negativeLikelihood(rows, classTargets(labels, rows.shape[1], options), reduction);
    return reduction === 'none' ? tf.reshape(loss, labels.shape) : loss;
  });
}
