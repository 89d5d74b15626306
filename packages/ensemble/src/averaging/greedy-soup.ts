import type { StateDict } from '@zoo/core';
import { invalid, refuseUnknown } from '../options.ts';
import { soup } from './soup.ts';

export interface GreedySoupOptions {
  states: readonly StateDict[];
  /** The score on held-out data of a net with these weights, higher being better. */
  evaluate(state: StateDict): Promise<number> | number;
}

export interface GreedySoup {
  state: StateDict;
  /** Indices of the state dicts in the mean, in the order in which they were taken. */
  members: number[];
  score: number;
  /** Of each state dict alone. */
  scores: number[];
}

/**
 * Greedy soup (Wortsman et al., 2022): from the best state dict on, takes each next best one into the mean if the score
 * of the mean does not fall. Never worse on that data than the best single one.
 */
export async function greedySoup(options: GreedySoupOptions): Promise<GreedySoup> {
  refuseUnknown('greedySoup', options, ['states', 'evaluate']);
  const { states, evaluate } = options;
  if (states.length === 0) throw invalid('greedySoup needs at least one state dict.');
  const judged = async (state: StateDict): Promise<number> => {
    const score = await evaluate(state);
    if (Number.isFinite(score)) return score;
    throw invalid(`greedySoup: evaluate() must return a finite number, got ${score}.`);
  };
  const scores: number[] = [];
  for (const state of states) scores.push(await judged(state));
  const [best, ...rest] = scores.map((_, i) => i).sort((a, b) => scores[b]! - scores[a]! || a - b) as [number];
  let found: GreedySoup = { state: states[best]!, members: [best], score: scores[best]!, scores };
  for (const candidate of rest) {
    const members = [...found.members, candidate];
    const state = soup(members.map((i) => states[i]!));
    const score = await judged(state);
    if (score >= found.score) found = { state, members, score, scores };
  }
  return found;
}
