import * as tf from '@tensorflow/tfjs-core';
import type { OptimizerOptions, Update } from './optimizer.ts';

/**
 * Moves slot `name` towards `value()`: `rate * former + (1 - rate) * value`, from zero. Each step frees what it no longer needs: the
 * parameter may take a good part of the memory.
 */
export function runningAverage<O extends OptimizerOptions>(
  { slots, constant }: Update<O>,
  { name, rate, value }: { name: string; rate: number; value: () => tf.Tensor },
): tf.Tensor {
  const former = slots.get(name);
  const added = () => tf.tidy(() => tf.mul(value(), constant(1 - rate)));
  return slots.set(
    name,
    tf.tidy(() => (former ? tf.add(tf.mul(former, constant(rate)), added()) : added())),
  );
}
