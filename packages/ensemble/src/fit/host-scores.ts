import type * as tf from '@tensorflow/tfjs-core';
import { checkFiniteRows } from '@zoo/core';
import { invalid } from '../options.ts';
import { checkOutputs } from '../vote/check-members.ts';

/** Members' logits on labelled examples, in host memory. */
export interface HostScores {
  /** `[n * c]` each. */
  logits: Float32Array[];
  labels: ArrayLike<number>;
  numExamples: number;
  numClasses: number;
}

/** Reads the members' outputs; refuses labels that do not go with them, and logits that are not finite. */
export async function readScores(
  owner: string,
  outputs: readonly tf.Tensor[],
  labels: ArrayLike<number>,
): Promise<HostScores> {
  checkOutputs(owner, outputs);
  const [numExamples, numClasses] = outputs[0]!.shape as [number, number];
  if (labels.length !== numExamples || numExamples === 0) {
    throw invalid(`${owner}: ${numExamples} outputs of each member, but ${labels.length} labels.`);
  }
  for (let i = 0; i < numExamples; i++) {
    const label = labels[i]!;
    if (Number.isInteger(label) && label >= 0 && label < numClasses) continue;
    throw invalid(`${owner}: example ${i} has label ${label}, but the members know ${numClasses} classes.`);
  }
  const logits: Float32Array[] = [];
  for (const [member, output] of outputs.entries()) {
    const values = (await output.data()) as Float32Array;
    checkFiniteRows(values, {
      owner,
      what: `the logits of member ${member}`,
      width: numClasses,
      nameOf: (row) => `example ${row}`,
    });
    logits.push(values);
  }
  return { logits, labels, numExamples, numClasses };
}

/** Writes `softmax(logits / temperature)` of every row. */
export function softmaxRows(logits: ArrayLike<number>, classes: number, temperature = 1): Float64Array {
  const out = new Float64Array(logits.length);
  for (let start = 0; start < out.length; start += classes) {
    let top = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < classes; k++) top = Math.max(top, logits[start + k]!);
    let sum = 0;
    for (let k = 0; k < classes; k++) {
      const power = Math.exp((logits[start + k]! - top) / temperature);
      out[start + k] = power;
      sum += power;
    }
    for (let k = 0; k < classes; k++) out[start + k]! /= sum;
  }
  return out;
}

/**
 * Mean negative log-likelihood and accuracy of rows of probabilities, or of sums of `terms` of them; the first of equal
 * classes is the decision.
 */
export function judge(
  probabilities: Float64Array,
  { labels, numExamples, numClasses }: HostScores,
  terms = 1,
): { nll: number; accuracy: number } {
  let loss = 0;
  let right = 0;
  for (let i = 0; i < numExamples; i++) {
    const row = probabilities.subarray(i * numClasses, (i + 1) * numClasses);
    const label = labels[i]!;
    loss -= Math.log(Math.max(row[label]! / terms, 1e-300));
    let best = 0;
    for (let k = 1; k < numClasses; k++) if (row[k]! > row[best]!) best = k;
    if (best === label) right++;
  }
  return { nll: loss / numExamples, accuracy: right / numExamples };
}
