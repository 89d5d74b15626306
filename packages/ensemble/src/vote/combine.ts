import * as tf from '@tensorflow/tfjs-core';
import { oneHot } from '@zoo/core';

/** What an ensemble averages: its members' probabilities, their logits, or their decisions. */
export type Combination = 'probabilities' | 'logits' | 'votes';

export const combinations: readonly Combination[] = ['probabilities', 'logits', 'votes'];

/** Share of the votes that decides a tie: less than any vote counts. */
const tieShare = 1 / 1024;
/** Keeps logarithms finite where no member voted. */
const least = 1e-7;

/**
 * Log-probabilities `[n, c]` of an ensemble from its members' logits `[m, n, c]`, with weights and temperatures `[m]`.
 * Their softmax gives the probabilities back, so that losses and metrics take them as logits.
 */
export function combineLogits(
  how: Combination,
  logits: tf.Tensor3D,
  { weights, temperatures }: { weights: tf.Tensor; temperatures: tf.Tensor },
): tf.Tensor2D {
  const perMember = [logits.shape[0], 1, 1];
  const w = tf.reshape(weights, perMember);
  const scaled = tf.div<tf.Tensor3D>(logits, tf.reshape(temperatures, perMember));
  if (how === 'logits') return tf.logSoftmax(tf.sum(tf.mul(scaled, w), 0) as tf.Tensor2D);
  const mean = tf.logSumExp(tf.add(tf.logSoftmax(scaled), tf.log(tf.maximum(w, 1e-30))), 0) as tf.Tensor2D;
  return how === 'probabilities' ? mean : tf.log(tf.maximum<tf.Tensor2D>(voteShares(scaled, w, mean), least));
}

/** Each class's share of the votes; a tie goes to the class with the higher mean probability, then the lower index. */
function voteShares(logits: tf.Tensor3D, weights: tf.Tensor, mean: tf.Tensor2D): tf.Tensor2D {
  const [, , classes] = logits.shape;
  const votes = oneHot(tf.argMax(logits, -1), classes);
  const shares = tf.sum<tf.Tensor2D>(tf.mul(votes, weights), 0);
  const top = tf.greaterEqual(shares, tf.sub(tf.max(shares, -1, true), 1e-6)); // rounding of weights is no difference
  const winner = tf.argMax(tf.where(top, mean, tf.fill(mean.shape, -1e30)), -1);
  const bonus = oneHot(winner, classes);
  return tf.add(tf.mul(shares, 1 - tieShare), tf.mul(bonus, tieShare));
}
