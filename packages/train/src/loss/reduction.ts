import * as tf from '@tensorflow/tfjs-core';
import { ZooError } from '@zoo/core';

/** `mean` over all elements (class weights counted), `sum`, or one value per element. */
export type Reduction = 'mean' | 'sum' | 'none';

export function checkReduction(reduction: Reduction): void {
  if (reduction !== 'mean' && reduction !== 'sum' && reduction !== 'none') {
    throw new ZooError('INVALID_ARGUMENT', `A loss's 'reduction' is 'mean', 'sum' or 'none', got '${reduction}'.`);
  }
}

export function reduce(values: tf.Tensor, reduction: Reduction): tf.Tensor {
  if (reduction === 'none') return values;
  return reduction === 'sum' ? tf.sum(values) : tf.mean(values);
}
