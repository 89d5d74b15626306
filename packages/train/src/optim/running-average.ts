import * as tf from '@tensorflow/tfjs-core';
import type { OptimizerOptions, Update } from './optimizer.ts';

/** Moves slot `name` towards `value`: `rate * former + (1 - rate) * value`, from zero. */
export function runningAverage<O extends OptimizerOptions>(
  { slots, constant }: Update<O>,
  { name, rate, value }: { name: string; rate: number; value: tf.Tensor },
): tf.Tensor {
  const former = slots.get(name);
  const added = tf.mul(value, constant(1 - rate));
  return slots.set(name, former ? tf.add(tf.mul(former, constant(rate)), added) : added);
}
