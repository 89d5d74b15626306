import * as tf from '@tensorflow/tfjs-core';

/** Milliseconds that the current engine has compiled graphs so far; undefined where it has none. */
export function compileMs(): number | undefined {
  const backend = tf.backend() as { statistics?(): { compileMs: number } };
  return backend.statistics?.().compileMs;
}
