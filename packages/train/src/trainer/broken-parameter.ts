import * as tf from '@tensorflow/tfjs-core';
import { type AnyModule, noGrad, type Parameter } from '@zoo/core';

/**
 * The name of the first of `parameters` that holds NaN or infinity. Activations such as ReLU turn NaN into 0 on some
 * engines, so that a net can be broken while its loss looks fine. Reads one small tensor.
 */
export async function brokenParameter(model: AnyModule, parameters: readonly Parameter[]): Promise<string | undefined> {
  const marks = noGrad(() =>
    // 0 times anything finite is 0, whatever the size of the sum
    tf.tidy(() => tf.stack(parameters.map((parameter) => tf.sum(tf.mul(parameter.value(), 0))))),
  );
  let values: ArrayLike<number>;
  try {
    values = await marks.data();
  } finally {
    marks.dispose();
  }
  const broken = parameters.find((_, i) => values[i] !== 0);
  if (!broken) return undefined;
  for (const [name, parameter] of model.namedParameters()) if (parameter === broken) return name;
  return undefined;
}
