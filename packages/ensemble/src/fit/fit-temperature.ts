import type * as tf from '@tensorflow/tfjs-core';
import { readScores } from './host-scores.ts';

const coldest = 0.1;
const hottest = 10;

/** Slope of the mean loss in 1 / T: the mean logit under the model less the logit of the true class. */
function slope(logits: Float32Array, labels: ArrayLike<number>, classes: number, temperature: number): number {
  let total = 0;
  for (let i = 0; i < labels.length; i++) {
    const start = i * classes;
    let top = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < classes; k++) top = Math.max(top, logits[start + k]!);
    let sum = 0;
    let mean = 0;
    for (let k = 0; k < classes; k++) {
      const power = Math.exp((logits[start + k]! - top) / temperature);
      sum += power;
      mean += power * logits[start + k]!;
    }
    total += mean / sum - logits[start + labels[i]!]!;
  }
  return total;
}

/** The temperature between 0.1 and 10 that minimizes the loss, by bisection: the loss is convex in 1 / T. */
export function temperatureOf(logits: Float32Array, labels: ArrayLike<number>, classes: number): number {
  let [low, high] = [Math.log(coldest), Math.log(hottest)];
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    // Not rising as 1 / T grows: the minimum is colder. It is 0 once all other classes have underflown.
    if (slope(logits, labels, classes, Math.exp(middle)) <= 0) high = middle;
    else low = middle;
  }
  return Math.exp((low + high) / 2);
}

/**
 * Temperature scaling (Guo et al., 2017): the T for which `softmax(logits / T)` has the lowest cross entropy on held-out
 * examples. Logits `[n, c]`, labels `[n]`; within 0.1 to 10: without a bound, a net that makes no error on
 * these examples would get 0.
 */
export async function fitTemperature(logits: tf.Tensor, labels: ArrayLike<number>): Promise<number> {
  const scores = await readScores('fitTemperature', [logits], labels);
  return temperatureOf(scores.logits[0]!, labels, scores.numClasses);
}
