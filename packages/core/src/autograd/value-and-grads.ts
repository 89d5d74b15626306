import * as tf from '@tensorflow/tfjs-core';
import { ZooError } from '../error.ts';
import type { Parameter } from '../module/parameter.ts';
import { tidyTape } from './tidy-tape.ts';

export interface ValueAndGrads {
  /** The scalar that `f` returned. */
  value: tf.Scalar;
  /** One gradient per parameter that `f` depends on, in runtime layout. */
  grads: Map<Parameter, tf.Tensor>;
}

/**
 * The scalar `f()` and its gradients. Parameters that do not require a gradient, or do not influence `f`, are left
 * out of `grads`. The caller disposes the value and the gradients.
 */
export function valueAndGrads(f: () => tf.Tensor, parameters: Iterable<Parameter>): ValueAndGrads {
  const trained = [...new Set(parameters)].filter((p) => p.requiresGrad);
  if (trained.length === 0) {
    throw new ZooError(
      'INVALID_ARGUMENT',
      'No parameter requires a gradient: every one is frozen or the list is empty.',
    );
  }
  const variables = trained.map((p) => p.variable());
  const scalar = () => {
    const y = f();
    if (y.size !== 1)
      throw new ZooError('SHAPE_MISMATCH', `Gradients need a scalar loss, got shape [${y.shape.join(', ')}].`);
    return y.rank === 0 ? (y as tf.Scalar) : (tf.reshape(y, []) as tf.Scalar);
  };
  const result = tidyTape(() => tf.variableGrads(scalar, variables) as never) as ReturnType<typeof tf.variableGrads>;
  const grads = new Map<Parameter, tf.Tensor>();
  trained.forEach((p, i) => {
    const grad = result.grads[variables[i]!.name];
    if (grad) grads.set(p, grad);
  });
  return { value: result.value, grads };
}
