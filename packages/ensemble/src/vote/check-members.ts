import type * as tf from '@tensorflow/tfjs-core';
import { formatShape, sameShape } from '@zoo/core';
import { invalid } from '../options.ts';

/** Refuses an empty list, and outputs that are not all `[n, c]` of one shape. Errors of a module name it themselves. */
export function checkOutputs(owner: string, outputs: readonly tf.Tensor[], names?: readonly string[]): void {
  const where = owner && `${owner}: `;
  const [first] = outputs;
  if (!first) throw invalid(`${where}needs the outputs of at least one member, got none.`);
  if (first.rank !== 2) throw invalid(`${where}a member's output is [n, classes], got ${formatShape(first.shape)}.`);
  const wrong = outputs.findIndex(({ shape }) => !sameShape(shape, first.shape));
  if (wrong < 0) return;
  const name = (i: number) => (names ? `'${names[i]}'` : `member ${i}`);
  const what = outputs[wrong]!.shape[1] !== first.shape[1] ? 'classes' : 'examples';
  throw invalid(
    `${where}the members differ in their ${what}: ${name(0)} gives ${formatShape(first.shape)}, ${name(wrong)} ${formatShape(outputs[wrong]!.shape)}.`,
  );
}

const list = (values: readonly number[]): string => `[${values.join(', ')}]`;

/** `weights`, or equal ones: one per member, none negative, adding up to 1. */
export function checkWeights(owner: string, weights: readonly number[] | undefined, members: number): number[] {
  if (weights === undefined) return new Array<number>(members).fill(1 / members);
  if (weights.length !== members) throw invalid(`${owner}: ${members} members, but ${weights.length} weights.`);
  if (!weights.every((w) => w >= 0)) throw invalid(`${owner}: weights must not be negative, got ${list(weights)}.`);
  const sum = weights.reduce((a, b) => a + b, 0);
  if (!(Math.abs(sum - 1) < 1e-4)) {
    throw invalid(`${owner}: weights must add up to 1, but ${list(weights)} add up to ${sum}. Divide them by it.`);
  }
  return [...weights];
}

/** `temperatures`, or all 1: one per member, positive. */
export function checkTemperatures(owner: string, temperatures: readonly number[] | undefined, members: number) {
  if (temperatures === undefined) return new Array<number>(members).fill(1);
  if (temperatures.length !== members || !temperatures.every((t) => t > 0 && Number.isFinite(t))) {
    throw invalid(`${owner} needs ${members} positive temperatures, got ${list(temperatures)}.`);
  }
  return [...temperatures];
}
