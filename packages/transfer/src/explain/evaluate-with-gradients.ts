import * as tf from '@tensorflow/tfjs-core';
import { type AnyModule, ZooError } from '@zoo/core';

/** Runs `f` with `net` in evaluation mode, where `predict` would take no gradients; then every module is as before. */
export function inEvaluation<T>(net: AnyModule, f: () => T): T {
  const modes = Array.from(net.namedModules(), ([, module]) => [module, module.training] as const);
  net.eval();
  try {
    return f();
  } finally {
    // Parents come first, so that each child ends up in its own mode.
    for (const [module, training] of modes) module.train(training);
  }
}

/** Which class to explain: one for all images, one per image, or by default what the net predicts for each. */
export type ClassChoice = number | readonly number[];

/** Ones at the chosen classes, `[n, numClasses]`. */
export async function chosenClasses(
  net: AnyModule,
  x: tf.Tensor,
  choice: ClassChoice | undefined,
): Promise<tf.Tensor2D> {
  const logits = net.predict(x) as unknown;
  if (!(logits instanceof tf.Tensor) || logits.rank !== 2) {
    tf.dispose(logits as tf.TensorContainer);
    throw new ZooError('NOT_SUPPORTED', `${net.constructor.name} gives no logits [n, numClasses] to explain.`);
  }
  const [n, classes] = logits.shape as [number, number];
  if (Array.isArray(choice) && choice.length !== n) {
    logits.dispose();
    throw new ZooError('INVALID_ARGUMENT', `classIndex names ${choice.length} classes for ${n} images; give one each.`);
  }
  const scores = (await logits.data()) as Float32Array;
  logits.dispose();
  const chosen = Array.from({ length: n }, (_, i) => {
    if (typeof choice === 'number') return choice;
    if (choice) return choice[i];
    const row = scores.subarray(i * classes, (i + 1) * classes);
    return row.indexOf(row.reduce((top, score) => Math.max(top, score), Number.NEGATIVE_INFINITY));
  });
  const ones = new Float32Array(n * classes);
  chosen.forEach((label, i) => {
    if (label === undefined || !Number.isInteger(label) || label < 0 || label >= classes) {
      throw new ZooError('INVALID_ARGUMENT', `classIndex ${label} of image ${i} is none of the ${classes} classes.`);
    }
    ones[i * classes + label] = 1;
  });
  return tf.tensor2d(ones, [n, classes]);
}

/** Maps `[n, h, w]` stretched to 0..1 each; a map without differences becomes 0. */
export function stretched(maps: tf.Tensor3D): tf.Tensor3D {
  const low = tf.min(maps, [1, 2], true);
  const range = tf.sub(tf.max(maps, [1, 2], true), low);
  const safe = tf.add(range, tf.cast(tf.equal(range, 0), 'float32'));
  return tf.div(tf.sub(maps, low), safe);
}
