import * as tf from '@tensorflow/tfjs-core';
import { ZooError } from '@zoo/core';
import { fillInput, fillUniform, fromTorch, relativeError, tolerance, toTorch } from '@zoo/testing';
import { bceWithLogits, crossEntropy, l1, mse, nll, smoothL1 } from '@zoo/train';
import type { Check } from './check.ts';

interface LossCase {
  value: number;
  grad: number[];
  logitsShape?: number[];
  labels?: number[][][];
}

export interface LossFile {
  logits: [number, number];
  labels: number[];
  cases: Record<string, LossCase>;
}

/** Value and gradient of every loss. */
export async function checkLosses(file: LossFile): Promise<Check[]> {
  const checks: Check[] = [];
  const [n, classes] = file.logits;
  const labels = tf.tensor1d(file.labels, 'int32');
  const weight = Array.from(fillUniform('class_weight', classes), (u) => 0.5 + u);
  const target = tf.tensor2d(fillInput('target', n * classes), [n, classes]);
  const table: Record<string, (x: tf.Tensor, golden: LossCase) => tf.Tensor> = {
    cross_entropy: (x) => crossEntropy(x, labels),
    cross_entropy_sum: (x) => crossEntropy(x, labels, { reduction: 'sum' }),
    cross_entropy_weighted: (x) => crossEntropy(x, labels, { weight }),
    'cross_entropy_smoothed_0.1': (x) => crossEntropy(x, labels, { labelSmoothing: 0.1 }),
    cross_entropy_weighted_smoothed: (x) => crossEntropy(x, labels, { weight, labelSmoothing: 0.1 }),
    mse: (x) => mse(x, target),
    l1: (x) => l1(x, target),
    smooth_l1: (x) => smoothL1(x, target),
    bce_with_logits: (x) => bceWithLogits(x, tf.sigmoid(target)),
    nll_of_log_softmax: (x) => nll(tf.logSoftmax(x), labels),
    segmentation_ignore_255: (x, golden) =>
      crossEntropy(x, tf.tensor3d(golden.labels!, undefined, 'int32'), { ignoreIndex: 255 }),
  };
  for (const [name, golden] of Object.entries(file.cases)) {
    const loss = table[name];
    if (!loss) throw new ZooError('NOT_SUPPORTED', `Golden loss '${name}' has no counterpart here.`);
    const shape = golden.logitsShape ?? [n, classes];
    const x = fromTorch(
      fillInput(
        'input',
        shape.reduce((a, b) => a * b, 1),
      ),
      shape,
    );
    const { value, grad } = tf.valueAndGrad((input: tf.Tensor) => loss(input, golden) as tf.Scalar)(x);
    const actual = (await value.data())[0]!;
    checks.push({
      name: `${name} value`,
      error: Math.abs(actual - golden.value) / Math.abs(golden.value),
      tolerance: tolerance(),
    });
    checks.push({
      name: `${name} gradient`,
      error: relativeError(await toTorch(grad), golden.grad),
      tolerance: tolerance(),
    });
    tf.dispose([x, value, grad]);
  }
  tf.dispose([labels, target]);
  return checks;
}
