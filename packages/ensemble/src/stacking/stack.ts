import * as tf from '@tensorflow/tfjs-core';
import { noGrad } from '@zoo/core';
import { TensorDataset } from '@zoo/datasets';
import { logisticRegression } from '@zoo/transfer';
import { readScores } from '../fit/host-scores.ts';
import { refuseUnknown } from '../options.ts';
import { StackedClassifier } from './stacked-classifier.ts';

export interface StackOptions {
  /** Penalty of the squared weights; default 1 / examples. */
  l2?: number;
  /** Steps of L-BFGS; default 200. */
  maxIterations?: number;
}

/**
 * Stacking (Wolpert, 1992): a logistic regression on what the members say, for `Ensemble`'s `combine`. The logits `[n,
 * c]` must be of examples that the members were not trained on: a validation set, or those of `outOfFold`.
 */
export async function stack(
  outputs: readonly tf.Tensor[],
  labels: ArrayLike<number>,
  options: StackOptions = {},
): Promise<StackedClassifier> {
  refuseUnknown('stack', options, ['l2', 'maxIterations']);
  const { numClasses } = await readScores('stack', outputs, labels);
  const stacked = new StackedClassifier({ members: outputs.length, numClasses });
  const rows = noGrad(() => tf.tidy(() => stacked.features(tf.concat([...outputs], 1))));
  try {
    const fitted = await logisticRegression(options).fit(
      new TensorDataset({
        inputs: (await rows.data()) as Float32Array,
        inputShape: [outputs.length * numClasses],
        targets: Int32Array.from(labels),
        classNames: Array.from({ length: numClasses }, (_, k) => String(k)), // a class may have no example
      }),
    );
    stacked.head.loadStateDict(await fitted.stateDict());
    fitted.dispose();
    return stacked.eval();
  } finally {
    rows.dispose();
  }
}
