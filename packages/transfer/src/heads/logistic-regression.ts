import { type Sequential, ZooError } from '@zoo/core';
import type { Dataset } from '@zoo/datasets';
import { Adam } from '@zoo/train';
import type { FeatureSet } from '../features/feature-set.ts';
import type { Estimator } from './estimator.ts';
import { type FeatureMatrix, featureMatrix } from './feature-matrix.ts';
import { linearHead } from './heads.ts';
import { type LbfgsResult, minimizeLbfgs } from './lbfgs.ts';
import { softmaxObjective } from './softmax-objective.ts';
import { trainHead } from './train-head.ts';

export interface LogisticRegressionOptions {
  /** `lbfgs` (default) finds the optimum, in float64 on the host; `adam` trains on the device, for very many examples. */
  solver?: 'lbfgs' | 'adam';
  /**
   * Penalty: `l2 / 2` times the squared weights is added to the mean cross-entropy. Default 1 / examples, which is
   * scikit-learn's C = 1; its C is 1 / (l2 * examples).
   */
  l2?: number;
  /** Steps of L-BFGS, or epochs of Adam; default 200. */
  maxIterations?: number;
  /** L-BFGS ends when no entry of the gradient is larger; default 1e-6. */
  tolerance?: number;
  /** Of Adam's order of examples; default 0. */
  seed?: number;
  /** Hears when L-BFGS ends before the tolerance is reached; `console.warn` unless given. */
  onNotice?: (message: string) => void;
}

const solvers = ['lbfgs', 'adam'];

/** Columns that reach further are divided by a power of two, which is exact: L-BFGS begins with steps as long as the gradient. */
const wide = 1e3;
/** The weights of larger features would be below what float32 holds. */
const widest = 1e32;

function scaledColumns(matrix: FeatureMatrix): { scaled: FeatureMatrix; scales: Float64Array } {
  const { values, width } = matrix;
  const largest = new Float64Array(width);
  for (let i = 0; i < values.length; i++) {
    largest[i % width] = Math.max(largest[i % width]!, Math.abs(values[i]!));
  }
  const scales = largest.map((size) => (size > wide ? 2 ** Math.round(Math.log2(size)) : 1));
  const column = largest.findIndex((size) => size > widest);
  if (column >= 0) {
    throw new ZooError(
      'NUMERIC',
      `logisticRegression: feature ${column} reaches ${largest[column]}, beyond ${widest}: scale the features, e.g. divide by their standard deviation.`,
    );
  }
  if (scales.every((scale) => scale === 1)) return { scaled: matrix, scales };
  return { scaled: { ...matrix, values: values.map((value, i) => value / scales[i % width]!) }, scales };
}

/** Throws where there is no solution, and tells of one that may be far from the optimum. */
function report(result: LbfgsResult, tolerance: number, onNotice: (message: string) => void): void {
  const { value, iterations, slope, converged } = result;
  if (converged) return;
  const reached = `the largest entry of its gradient is ${slope.toExponential(1)}, the tolerance ${tolerance}`;
  if (iterations === 0 || !Number.isFinite(value)) {
    const why = `logisticRegression found no step that lowers the loss of ${value}; ${reached}.`;
    throw new ZooError('NUMERIC', `${why} Scale the features, e.g. divide by their standard deviation.`);
  }
  // The line search may end earlier, where float64 shows no difference any more.
  if (slope <= 100 * tolerance) return;
  const what = `logisticRegression stopped after ${iterations} iterations before the optimum: ${reached}.`;
  onNotice(`${what} Raise maxIterations or l2, or scale the features.`);
}

/**
 * Multinomial logistic regression: `fit` resolves to a head as `linearHead` makes it, `[n, width]` to logits. It throws `NUMERIC` for
 * features that are not finite, or beyond 1e32 (`adam`: 1e15), and where no step lowers the loss.
 *
 * ```ts
 * const head = await logisticRegression().fit(features);
 * const net = fuse(backbone, head);
 * ```
 */
export function logisticRegression(options: LogisticRegressionOptions = {}): Estimator<Sequential> {
  const { solver = 'lbfgs', maxIterations = 200, tolerance = 1e-6, seed = 0, onNotice = console.warn } = options;
  if (!solvers.includes(solver)) {
    throw new ZooError('INVALID_ARGUMENT', `logisticRegression: solver is 'lbfgs' or 'adam', got '${solver}'.`);
  }
  if (options.l2 !== undefined && !(options.l2 >= 0)) {
    throw new ZooError('INVALID_ARGUMENT', `logisticRegression: 'l2' must be a number >= 0, got ${options.l2}.`);
  }
  return {
    async fit(features: Dataset | FeatureSet): Promise<Sequential> {
      const matrix = await featureMatrix(features, 'logisticRegression');
      const { width, numClasses, rows } = matrix;
      const l2 = options.l2 ?? 1 / rows;
      const head = linearHead({ inFeatures: width, numClasses, seed });
      if (solver === 'adam') {
        const optimizer = ([weight, bias]: ReturnType<typeof head.parameters>) =>
          new Adam([{ params: [weight!], weightDecay: l2 }, { params: [bias!] }], { lr: 3e-2 });
        await trainHead(head, features, { optimizer, epochs: maxIterations, seed });
        return head;
      }
      const { scaled, scales } = scaledColumns(matrix);
      const point = new Float64Array(numClasses * (width + 1));
      const result = await minimizeLbfgs(softmaxObjective(scaled, l2, scales), point, { maxIterations, tolerance });
      report(result, tolerance, onNotice);
      const weights = Float32Array.from(point.subarray(0, numClasses * width), (w, i) => w / scales[i % width]!);
      const biases = Float32Array.from(point.subarray(numClasses * width));
      head.loadStateDict(
        new Map([
          ['fc.weight', { dtype: 'float32', shape: [numClasses, width], data: weights }],
          ['fc.bias', { dtype: 'float32', shape: [numClasses], data: biases }],
        ]),
      );
      return head.eval();
    },
  };
}
