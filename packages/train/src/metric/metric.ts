import type * as tf from '@tensorflow/tfjs-core';

/** A figure over many batches. Updates run on the device and read nothing. */
export interface Metric<Value = number> {
  /** Adds a batch: scores `[n, ..., classes]` and what they should have been. */
  update(outputs: tf.Tensor, targets: tf.Tensor): void;
  /** The figure over all batches so far. */
  compute(): Promise<Value>;
  /** Forgets all batches. */
  reset(): void;
  /** The sums so far, for a checkpoint. */
  state(): Promise<number[]>;
  loadState(state: readonly number[]): void;
  dispose(): void;
}

/** Makes the metric anew for each phase, so that validation does not disturb the sums of training. */
export type MetricFactory = () => Metric;
