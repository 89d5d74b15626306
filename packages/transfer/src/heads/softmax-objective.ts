import type { FeatureMatrix } from './feature-matrix.ts';
import type { Objective } from './lbfgs.ts';

/**
 * Mean cross-entropy of a linear classifier plus `l2 / 2` times its squared weights, in float64. The point holds the
 * weights `[numClasses, width]`, then the biases. Where columns were divided by `scales`, the penalty is that of the weights of the
 * columns as they were.
 */
export function softmaxObjective(
  { values, labels, rows, width, numClasses }: FeatureMatrix,
  l2: number,
  scales: ArrayLike<number> = new Float64Array(width).fill(1),
): Objective {
  const logits = new Float64Array(numClasses);
  const biases = numClasses * width;
  return (x, gradient) => {
    gradient.fill(0);
    let loss = 0;
    for (let row = 0; row < rows; row++) {
      const from = row * width;
      let top = Number.NEGATIVE_INFINITY;
      for (let c = 0; c < numClasses; c++) {
        let sum = x[biases + c]!;
        const weights = c * width;
        for (let j = 0; j < width; j++) sum += x[weights + j]! * values[from + j]!;
        logits[c] = sum;
        if (sum > top) top = sum;
      }
      let total = 0;
      for (let c = 0; c < numClasses; c++) total += Math.exp(logits[c]! - top);
      const label = labels[row]!;
      loss += Math.log(total) + top - logits[label]!;
      for (let c = 0; c < numClasses; c++) {
        const error = Math.exp(logits[c]! - top) / total - (c === label ? 1 : 0);
        const weights = c * width;
        for (let j = 0; j < width; j++) gradient[weights + j]! += error * values[from + j]!;
        gradient[biases + c]! += error;
      }
    }
    let squares = 0;
    for (let i = 0; i < gradient.length; i++) {
      gradient[i]! /= rows;
      if (i >= biases) continue;
      const weight = x[i]! / scales[i % width]!;
      gradient[i]! += (l2 * weight) / scales[i % width]!;
      squares += weight * weight;
    }
    return loss / rows + (l2 / 2) * squares;
  };
}
