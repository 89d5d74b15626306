import * as tf from '@tensorflow/tfjs-core';
import { noGrad, type Parameter, ZooError } from '@zoo/core';

type Grads = Map<Parameter, tf.Tensor>;

/** Puts `change(grad)` in the place of every gradient and disposes the former ones. */
function replaceAll(grads: Grads, change: (grad: tf.Tensor) => tf.Tensor): void {
  for (const [parameter, grad] of grads) {
    grads.set(
      parameter,
      noGrad(() => tf.tidy(() => change(grad))),
    );
    grad.dispose();
  }
}

/**
 * Scales all gradients together so that their joint L2 norm is at most `maxNorm`, as `torch.nn.utils.clip_grad_norm_`.
 * Nothing is read from the device. Returns the norm before clipping, which the caller disposes.
 */
export function clipGradNorm(grads: Grads, maxNorm: number): tf.Scalar {
  if (!(maxNorm > 0)) throw new ZooError('INVALID_ARGUMENT', `The norm to clip to must be > 0, got ${maxNorm}.`);
  const [norm, scale] = noGrad(() =>
    tf.tidy(() => {
      const total = tf.sqrt(tf.sum(tf.stack([...grads.values()].map((g) => tf.sum(tf.square(g))))));
      return [total, tf.minimum(tf.div(maxNorm, tf.add(total, 1e-6)), 1)];
    }),
  ) as [tf.Scalar, tf.Scalar];
  try {
    replaceAll(grads, (grad) => tf.mul(grad, scale));
    return norm;
  } catch (error) {
    norm.dispose();
    throw error;
  } finally {
    scale.dispose();
  }
}

/** Limits every entry of every gradient to [-maxValue, maxValue], as `torch.nn.utils.clip_grad_value_`. */
export function clipGradValue(grads: Grads, maxValue: number): void {
  if (!(maxValue > 0)) throw new ZooError('INVALID_ARGUMENT', `The value to clip to must be > 0, got ${maxValue}.`);
  replaceAll(grads, (grad) => tf.clipByValue(grad, -maxValue, maxValue));
}
