import type * as tf from '@tensorflow/tfjs-core';
import { refuseUnknown, whole } from '../options.ts';
import type { FittedWeights } from './fit-weights.ts';
import { judge, readScores, softmaxRows } from './host-scores.ts';

export interface SelectWeightsOptions {
  /** Members that are picked, with repetition; weights are multiples of its reciprocal. Default 50. */
  rounds?: number;
}

/**
 * Ensemble selection (Caruana et al., 2004): picks, with repetition, the member that raises the accuracy of the mean
 * probabilities on held-out examples most, the lower loss deciding between equals, and returns the best point on the
 * way. For accuracy rather than likelihood, `fitWeights` being for the latter.
 */
export async function selectWeights(
  outputs: readonly tf.Tensor[],
  labels: ArrayLike<number>,
  options: SelectWeightsOptions = {},
): Promise<FittedWeights> {
  refuseUnknown('selectWeights', options, ['rounds']);
  const rounds = whole('selectWeights', 'rounds', options.rounds ?? 50, 1);
  const scores = await readScores('selectWeights', outputs, labels);
  const members = scores.logits.map((own) => softmaxRows(own, scores.numClasses));
  const counts = members.map(() => 0);
  let sum = new Float64Array(members[0]!.length);
  let best: FittedWeights | undefined;
  for (let round = 1; round <= rounds; round++) {
    let pick = { member: -1, nll: 0, accuracy: 0, sum };
    for (const [member, values] of members.entries()) {
      const tried = sum.map((p, i) => p + values[i]!);
      const result = judge(tried, scores, round);
      if (pick.member < 0 || isBetter(result, pick)) pick = { member, ...result, sum: tried };
    }
    counts[pick.member]!++;
    sum = pick.sum;
    if (!best || isBetter(pick, best)) {
      const { nll, accuracy } = pick;
      best = { weights: counts.map((n) => n / round), temperatures: members.map(() => 1), nll, accuracy };
    }
  }
  return best!;
}

type Result = Pick<FittedWeights, 'nll' | 'accuracy'>;

const isBetter = (a: Result, b: Result): boolean =>
  a.accuracy > b.accuracy || (a.accuracy === b.accuracy && a.nll < b.nll);
