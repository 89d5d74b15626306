import * as tf from '@tensorflow/tfjs-core';
import { ZooError } from '@zoo/core';

export interface GradCheckOptions {
  /** Half the distance of the central difference; default 1e-2, about right for float32. */
  step?: number;
  /** Allowed difference, relative to the largest numeric gradient entry; default 1e-2. */
  tolerance?: number;
}

/**
 * Compares `tf.grad` of `sum(f(x) * w)`, with fixed irregular weights `w`, to central differences in every entry of `x`.
 * Throws a ZooError that names the worst entry. Meant for small tensors.
 */
export async function gradCheck(
  f: (x: tf.Tensor) => tf.Tensor,
  x: tf.Tensor,
  options: GradCheckOptions = {},
): Promise<void> {
  const { step = 1e-2, tolerance = 1e-2 } = options;
  const objective = (input: tf.Tensor): tf.Scalar =>
    tf.tidy(() => {
      const y = f(input);
      const weights = Float32Array.from({ length: y.size }, (_, i) => Math.sin(1.7 * i + 0.5));
      return tf.sum(tf.mul(y, tf.tensor(weights, y.shape)));
    });
  const analytic = tf.grad(objective)(x);
  const gradient = await analytic.data();
  analytic.dispose();
  const base = Float32Array.from(await x.data());
  const at = async (index: number, delta: number): Promise<number> => {
    const moved = base.slice();
    moved[index]! += delta;
    const input = tf.tensor(moved, x.shape);
    const value = objective(input);
    const [result] = await value.data();
    tf.dispose([input, value]);
    return result!;
  };
  const numeric = new Float64Array(base.length);
  for (let i = 0; i < base.length; i++) numeric[i] = ((await at(i, step)) - (await at(i, -step))) / (2 * step);
  const scale = Math.max(1e-6, ...Array.from(numeric, Math.abs));
  for (let i = 0; i < base.length; i++) {
    const error = Math.abs(gradient[i]! - numeric[i]!) / scale;
    if (!(error <= tolerance)) {
      throw new ZooError('NUMERIC', `Gradient entry ${i} is ${gradient[i]}, central differences give ${numeric[i]}.`);
    }
  }
}
