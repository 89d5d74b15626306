import * as tf from '@tensorflow/tfjs-core';
import {
  type Batch,
  type Module,
  noGrad,
  type Parameter,
  type ValueAndGrads,
  valueAndGrads,
  ZooError,
} from '@zoo/core';
import { clipGradNorm, clipGradValue } from '../optim/clip-gradients.ts';
import type { AnyOptimizer } from '../optim/optimizer.ts';
import type { MetricSet } from './metric-set.ts';

/** Mean loss of a batch from the model's output and the batch's targets: a scalar. */
export type LossFunction<Out> = (outputs: Out, targets: tf.Tensor) => tf.Tensor;

export interface StepParts<Out> {
  model: Module<[tf.Tensor], Out>;
  optimizer: AnyOptimizer;
  loss: LossFunction<Out>;
  clipNorm?: number | undefined;
  clipValue?: number | undefined;
}

/** The scores that metrics look at: the output, or the first of several (the others are auxiliary). */
export function mainOutput(outputs: unknown): tf.Tensor {
  const main = Array.isArray(outputs) ? outputs[0] : outputs;
  if (main instanceof tf.Tensor) return main;
  throw new ZooError('NOT_SUPPORTED', 'A trained model must return a tensor, or a list whose first entry is one.');
}

/** Parameters that the optimizer has and the model does not hold frozen. */
export function trainedParameters<Out>({ model, optimizer }: StepParts<Out>): Parameter[] {
  const known = new Set(optimizer.paramGroups.flatMap((group) => group.params));
  const trained = model.trainableParameters().filter((parameter) => known.has(parameter));
  if (trained.length === 0) {
    throw new ZooError(
      'INVALID_ARGUMENT',
      'Nothing to train: every parameter of the optimizer is frozen or belongs to another model.',
    );
  }
  return trained;
}

/** One optimizer step. Returns the loss, which the caller disposes; nothing is read from the device. */
export function trainStep<Out>(
  parts: StepParts<Out>,
  { inputs, targets }: Batch,
  { parameters, metrics }: { parameters: readonly Parameter[]; metrics: MetricSet },
): tf.Tensor {
  const { model, optimizer, loss, clipNorm, clipValue } = parts;
  const scores: tf.Tensor[] = [];
  let step: ValueAndGrads | undefined;
  try {
    step = valueAndGrads(() => {
      const outputs = model.call(inputs);
      scores.push(noGrad(() => tf.keep(tf.clone(mainOutput(outputs)))));
      return loss(outputs, targets);
    }, parameters);
    const { value, grads } = step;
    // Not before the gradients are there: a step that fails does not count.
    for (const output of scores) metrics.update(output, targets);
    if (clipValue !== undefined) clipGradValue(grads, clipValue);
    if (clipNorm !== undefined) clipGradNorm(grads, clipNorm).dispose();
    optimizer.step(grads);
    return value;
  } catch (error) {
    step?.value.dispose();
    throw error;
  } finally {
    tf.dispose([...scores, ...(step?.grads.values() ?? [])]);
  }
}
