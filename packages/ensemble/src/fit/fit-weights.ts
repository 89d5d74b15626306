import type * as tf from '@tensorflow/tfjs-core';
import { invalid, refuseUnknown } from '../options.ts';
import { temperatureOf } from './fit-temperature.ts';
import { type HostScores, judge, readScores, softmaxRows } from './host-scores.ts';
import { minimizeOnSimplex, type SimplexObjective } from './minimize-on-simplex.ts';

/** Weights for `softVote`, `averageLogits` or an `Ensemble`, with what they reach on the data they were fitted on. */
export interface FittedWeights {
  weights: number[];
  /** All 1 unless the members were calibrated. */
  temperatures: number[];
  /** Mean negative log-likelihood. */
  nll: number;
  accuracy: number;
}

export interface FitWeightsOptions {
  /** What is averaged; default probabilities. */
  average?: 'probabilities' | 'logits';
  /** Fit each member's temperature first; default false. */
  calibrate?: boolean;
}

/**
 * The weighted average with the lowest negative log-likelihood on held-out examples: not negative, adding up to 1. The
 * problem is convex and is solved to 1e-7 nats. Logits `[n, c]` per member, labels `[n]`.
 */
export async function fitWeights(
  outputs: readonly tf.Tensor[],
  labels: ArrayLike<number>,
  options: FitWeightsOptions = {},
): Promise<FittedWeights> {
  refuseUnknown('fitWeights', options, ['average', 'calibrate']);
  const { average = 'probabilities', calibrate = false } = options;
  if (average !== 'probabilities' && average !== 'logits') {
    throw invalid(`fitWeights: 'average' is 'probabilities' or 'logits', got '${average}'.`);
  }
  const scores = await readScores('fitWeights', outputs, labels);
  const temperatures = scores.logits.map((own) => (calibrate ? temperatureOf(own, labels, scores.numClasses) : 1));
  const members = scores.logits.map((own, m) =>
    average === 'probabilities'
      ? softmaxRows(own, scores.numClasses, temperatures[m])
      : Float64Array.from(own, (z) => z / temperatures[m]!),
  );
  const objective = average === 'probabilities' ? mixtureLoss(members, scores) : logitLoss(members, scores);
  const found = minimizeOnSimplex(objective, members.length);
  const weights = sparse(found.weights);
  const mixed = weightedSum(members, weights);
  const probabilities = average === 'probabilities' ? mixed : softmaxRows(mixed, scores.numClasses);
  return { weights, temperatures, ...judge(probabilities, scores) };
}

/** Multiplicative updates never reach 0; what is as good as 0 becomes it, so that a member can be left out. */
function sparse(weights: Float64Array): number[] {
  const kept = Array.from(weights, (w) => (w < 1e-6 ? 0 : w));
  const sum = kept.reduce((a, b) => a + b, 0);
  return kept.map((w) => w / sum);
}

function weightedSum(members: readonly Float64Array[], weights: ArrayLike<number>): Float64Array {
  const out = new Float64Array(members[0]!.length);
  for (const [m, values] of members.entries()) {
    const weight = weights[m]!;
    if (weight > 0) for (let i = 0; i < out.length; i++) out[i]! += weight * values[i]!;
  }
  return out;
}

/** Only the probabilities of the true classes matter. */
function mixtureLoss(members: readonly Float64Array[], { labels, numExamples, numClasses }: HostScores) {
  const likelihoods = members.map((values) =>
    Float64Array.from({ length: numExamples }, (_, i) => Math.max(values[i * numClasses + labels[i]!]!, 1e-300)),
  );
  const objective: SimplexObjective = (weights) => {
    const gradient = new Float64Array(weights.length);
    const mixed = weightedSum(likelihoods, weights);
    for (const [m, own] of likelihoods.entries()) {
      for (let i = 0; i < numExamples; i++) gradient[m]! -= own[i]! / mixed[i]! / numExamples;
    }
    return { value: -mixed.reduce((sum, p) => sum + Math.log(p), 0) / numExamples, gradient };
  };
  return objective;
}

function logitLoss(members: readonly Float64Array[], scores: HostScores): SimplexObjective {
  const { labels, numExamples, numClasses } = scores;
  return (weights) => {
    const residual = softmaxRows(weightedSum(members, weights), numClasses);
    const { nll } = judge(residual, scores);
    for (let i = 0; i < numExamples; i++) residual[i * numClasses + labels[i]!]! -= 1;
    const slope = (own: Float64Array) => own.reduce((sum, z, i) => sum + z * residual[i]!, 0) / numExamples;
    return { value: nll, gradient: Float64Array.from(members, slope) };
  };
}
