import { type Sequential, ZooError } from '@zoo/core';
import type { Dataset } from '@zoo/datasets';
import { Adam } from '@zoo/train';
import type { FeatureSet } from '../features/feature-set.ts';
import type { Estimator } from './estimator.ts';
import { featureMatrix } from './feature-matrix.ts';
import { linearHead } from './heads.ts';
import { minimizeLbfgs } from './lbfgs.ts';
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
}

const solvers = ['lbfgs', 'adam'];

/**
 * Multinomial logistic regression: `fit` resolves to a head as `linearHead` makes it, `[n, width]` to logits.
 *
 * ```ts
 * const head = await logisticRegression().fit(features);
 * const net = fuse(backbone, head);
 * ```
 */
export function logisticRegression(options: LogisticRegressionOptions = {}): Estimator<Sequential> {
  const { solver = 'lbfgs', maxIterations = 200, tolerance = 1e-6, seed = 0 } = options;
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
      const point = new Float64Array(numClasses * (width + 1));
      await minimizeLbfgs(softmaxObjective(matrix, l2), point, { maxIterations, tolerance });
      const weights = Float32Array.from(point.subarray(0, numClasses * width));
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
