import { ZooError } from '@zoo/core';
import { Identity } from '../layers/activations.ts';
import { Linear, type LinearOptions } from '../layers/linear.ts';

/** The last layer of a classifier; without classes it passes the features on. */
export function classifierLayer(
  inFeatures: number,
  numClasses: number,
  options: LinearOptions = {},
): Linear | Identity {
  if (!Number.isInteger(numClasses) || numClasses < 0) {
    throw new ZooError('INVALID_ARGUMENT', `numClasses is a whole number, 0 for none; got ${numClasses}.`);
  }
  return numClasses > 0 ? new Linear(inFeatures, numClasses, options) : new Identity();
}
