import * as tf from '@tensorflow/tfjs-core';

/** Runs `f` without recording it for gradients, as `torch.no_grad` does: its results count as constants. */
export function noGrad<T>(f: () => T): T {
  // tfjs records an op only at kernel depth 0; it has no public switch.
  const { state } = tf.engine();
  state.kernelDepth++;
  try {
    return f();
  } finally {
    state.kernelDepth--;
  }
}
