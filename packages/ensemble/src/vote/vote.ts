import * as tf from '@tensorflow/tfjs-core';
import { refuseUnknown } from '../options.ts';
import { checkOutputs, checkTemperatures, checkWeights } from './check-members.ts';
import { type Combination, combineLogits } from './combine.ts';

/** What `fitWeights` and `selectWeights` return can be given whole. */
export interface VoteOptions {
  /** One per member, not negative, adding up to 1; default equal. */
  weights?: readonly number[];
  /** What each member's logits are divided by; default 1. */
  temperatures?: readonly number[];
}

/** Fitted weights say how good they are, which is no option. */
function withoutFigures(options: VoteOptions): VoteOptions {
  const { nll: _nll, accuracy: _accuracy, ...rest } = options as VoteOptions & { nll?: number; accuracy?: number };
  return rest;
}

function vote(owner: string, how: Combination, outputs: readonly tf.Tensor[], options: VoteOptions): tf.Tensor2D {
  refuseUnknown(owner, withoutFigures(options), ['weights', 'temperatures']);
  checkOutputs(owner, outputs);
  const weights = checkWeights(owner, options.weights, outputs.length);
  const temperatures = checkTemperatures(owner, options.temperatures, outputs.length);
  return tf.tidy(() => {
    const members = { weights: tf.tensor1d(weights), temperatures: tf.tensor1d(temperatures) };
    return tf.exp(combineLogits(how, tf.stack(outputs as tf.Tensor2D[]) as tf.Tensor3D, members));
  });
}

/** Mean of the members' probabilities `[n, c]` from their logits, `[n, c]` each; `softmax` is taken here. */
export const softVote = (logits: readonly tf.Tensor[], options: VoteOptions = {}): tf.Tensor2D =>
  vote('softVote', 'probabilities', logits, options);

/** Probabilities `[n, c]` of the mean of the members' logits: their geometric mean, normalized. */
export const averageLogits = (logits: readonly tf.Tensor[], options: VoteOptions = {}): tf.Tensor2D =>
  vote('averageLogits', 'logits', logits, options);

/**
 * Each class's share of the members' votes, `[n, c]`; `argMax` is the decision. A tie goes to the tied class with the
 * highest mean probability, then to the lowest index: the winner's share is raised by 1/1024 of the whole.
 */
export const hardVote = (logits: readonly tf.Tensor[], options: VoteOptions = {}): tf.Tensor2D =>
  vote('hardVote', 'votes', logits, options);
