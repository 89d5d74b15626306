import * as tf from '@tensorflow/tfjs-core';
import { type Rng, ZooError } from '@zoo/core';

/** Refuses what is not a probability. */
export function toProbability(p: number): number {
  if (p >= 0 && p <= 1) return p;
  throw new ZooError('INVALID_ARGUMENT', `A dropout probability is between 0 and 1, got ${p}.`);
}

/**
 * Zeroes each element with probability `p` and scales the others by `1 / (1 - p)`, as `torch.nn.functional.dropout`
 * does in training. The mask is drawn on the host, so it is the same on every backend.
 */
export function dropout(x: tf.Tensor, p: number, rng: Rng): tf.Tensor {
  if (toProbability(p) === 0) return x;
  const scale = p === 1 ? 0 : 1 / (1 - p);
  const mask = new Float32Array(x.size);
  for (let i = 0; i < mask.length; i++) if (rng.uniform() >= p) mask[i] = scale;
  return tf.mul(x, tf.tensor(mask, x.shape));
}
