import { createRng, ZooError } from '@zoo/core';
import { TensorDataset } from './tensor-dataset.ts';

export interface LinearRegressionDataOptions {
  /** True weights, one per feature. */
  weights: readonly number[];
  /** True bias. */
  bias?: number;
  numExamples: number;
  /** Standard deviation of the noise on the targets; 0.01 unless given. */
  noise?: number;
  seed?: number;
}

/**
 * Synthetic linear data: inputs `[n, features]` from the standard normal distribution, targets `[n, 1]` = X w + b + noise.
 * As in "Dive into Deep Learning", section 3.3: https://d2l.ai/chapter_linear-regression/synthetic-regression-data.html
 */
export function linearRegressionData(options: LinearRegressionDataOptions): TensorDataset {
  const { weights, bias = 0, numExamples, noise = 0.01, seed = 0 } = options;
  if (weights.length === 0 || !Number.isSafeInteger(numExamples) || numExamples < 1 || !(noise >= 0)) {
    const got = `${weights.length} weights, numExamples ${numExamples}, noise ${noise}`;
    throw new ZooError(
      'INVALID_ARGUMENT',
      `linearRegressionData needs weights, numExamples >= 1 and noise >= 0, got ${got}.`,
    );
  }
  const rng = createRng(seed);
  const features = weights.length;
  const inputs = Float32Array.from({ length: numExamples * features }, () => rng.normal());
  const targets = Float32Array.from({ length: numExamples }, (_, i) =>
    weights.reduce((sum, weight, k) => sum + weight * inputs[i * features + k]!, bias + noise * rng.normal()),
  );
  const name = `linear-regression (seed ${seed})`;
  return new TensorDataset({ inputs, inputShape: [features], targets, targetShape: [1], name });
}
