import * as tf from '@tensorflow/tfjs-core';
import { nonNegative, type OptionRules, share } from '../options.ts';
import { Optimizer, type OptimizerOptions, type TrainedParameters, type Update } from './optimizer.ts';
import { runningAverage } from './running-average.ts';

export interface AdadeltaOptions extends OptimizerOptions {
  /** Smoothing of squared gradients and squared updates; default 0.9. */
  rho: number;
  /** Default 1e-6. */
  eps: number;
  /** L2 penalty; default 0. */
  weightDecay: number;
}

const rules: OptionRules<AdadeltaOptions> = {
  lr: nonNegative(1),
  rho: share(0.9),
  eps: nonNegative(1e-6),
  weightDecay: nonNegative(0),
};

/** Adadelta (Zeiler 2012), as `torch.optim.Adadelta`; `lr` scales the update and is 1 unless given. */
export class Adadelta extends Optimizer<AdadeltaOptions> {
  constructor(parameters: TrainedParameters<AdadeltaOptions>, options: Partial<AdadeltaOptions> = {}) {
    super('Adadelta', rules, parameters, options);
  }

  protected update(value: tf.Tensor, gradient: tf.Tensor, update: Update<AdadeltaOptions>): tf.Tensor {
    const { options, slots, constant } = update;
    const { lr, rho: rate, weightDecay } = options;
    const eps = constant(options.eps);
    const grad = weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(value, constant(weightDecay)));
    const squares = runningAverage(update, { name: 'square_avg', rate, value: () => tf.square(grad) });
    const formerUpdates = slots.filled('acc_delta', value.shape);
    const ratio = tf.div(tf.sqrt(tf.add(formerUpdates, eps)), tf.sqrt(tf.add(squares, eps)));
    const delta = tf.mul(ratio, grad);
    runningAverage(update, { name: 'acc_delta', rate, value: () => tf.square(delta) });
    return tf.sub(value, lr === 1 ? delta : tf.mul(delta, constant(lr)));
  }
}
