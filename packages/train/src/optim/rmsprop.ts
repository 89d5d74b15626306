import * as tf from '@tensorflow/tfjs-core';
import { flag, nonNegative, type OptionRules } from '../options.ts';
import { Optimizer, type OptimizerOptions, type TrainedParameters, type Update } from './optimizer.ts';
import { runningAverage } from './running-average.ts';

export interface RMSpropOptions extends OptimizerOptions {
  /** Smoothing of the squared gradient; default 0.99. */
  alpha: number;
  /** Default 1e-8. */
  eps: number;
  /** L2 penalty; default 0. */
  weightDecay: number;
  /** Default 0. */
  momentum: number;
  /** Divide by an estimate of the variance instead of the second moment; default false. */
  centered: boolean;
}

const rules: OptionRules<RMSpropOptions> = {
  lr: nonNegative(0.01),
  alpha: nonNegative(0.99),
  eps: nonNegative(1e-8),
  weightDecay: nonNegative(0),
  momentum: nonNegative(0),
  centered: flag(false),
};

/** RMSprop, as `torch.optim.RMSprop`; `lr` is 0.01 unless given. */
export class RMSprop extends Optimizer<RMSpropOptions> {
  constructor(parameters: TrainedParameters<RMSpropOptions>, options: Partial<RMSpropOptions> = {}) {
    super('RMSprop', rules, parameters, options);
  }

  protected update(value: tf.Tensor, gradient: tf.Tensor, update: Update<RMSpropOptions>): tf.Tensor {
    const { options, slots, constant } = update;
    const { lr, alpha: rate, eps, weightDecay, momentum, centered } = options;
    const grad = weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(value, constant(weightDecay)));
    let moment = runningAverage(update, { name: 'square_avg', rate, value: () => tf.square(grad) });
    if (centered) {
      const mean = runningAverage(update, { name: 'grad_avg', rate, value: () => grad });
      moment = tf.relu(tf.sub(moment, tf.square(mean))); // rounding can leave it just below zero
    }
    const scaled = tf.div(grad, tf.add(tf.sqrt(moment), constant(eps)));
    if (momentum === 0) return tf.sub(value, tf.mul(scaled, constant(lr)));
    const former = slots.get('momentum_buffer');
    const buffer = slots.set('momentum_buffer', former ? tf.add(tf.mul(former, constant(momentum)), scaled) : scaled);
    return tf.sub(value, tf.mul(buffer, constant(lr)));
  }
}
