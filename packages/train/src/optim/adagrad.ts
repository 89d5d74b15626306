import * as tf from '@tensorflow/tfjs-core';
import { nonNegative, type OptionRules } from '../options.ts';
import { Optimizer, type OptimizerOptions, type TrainedParameters, type Update } from './optimizer.ts';

export interface AdagradOptions extends OptimizerOptions {
  /** Learning rate in update t is `lr / (1 + (t - 1) * lrDecay)`; default 0. */
  lrDecay: number;
  /** L2 penalty; default 0. */
  weightDecay: number;
  /** Where the sum of squares begins; default 0. */
  initialAccumulatorValue: number;
  /** Default 1e-10. */
  eps: number;
}

const rules: OptionRules<AdagradOptions> = {
  lr: nonNegative(0.01),
  lrDecay: nonNegative(0),
  weightDecay: nonNegative(0),
  initialAccumulatorValue: nonNegative(0),
  eps: nonNegative(1e-10),
};

/** Adagrad (Duchi et al. 2011), as `torch.optim.Adagrad`; `lr` is 0.01 unless given. */
export class Adagrad extends Optimizer<AdagradOptions> {
  constructor(parameters: TrainedParameters<AdagradOptions>, options: Partial<AdagradOptions> = {}) {
    super('Adagrad', rules, parameters, options);
  }

  protected update(value: tf.Tensor, gradient: tf.Tensor, update: Update<AdagradOptions>): tf.Tensor {
    const { options, slots, step, constant } = update;
    const { lr, lrDecay, weightDecay, eps } = options;
    const grad = weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(value, constant(weightDecay)));
    const former = slots.filled('sum', value.shape, options.initialAccumulatorValue);
    const sum = slots.set('sum', tf.add(former, tf.square(grad)));
    const rate = constant(lr / (1 + (step - 1) * lrDecay));
    return tf.sub(value, tf.mul(tf.div(grad, tf.add(tf.sqrt(sum), constant(eps))), rate));
  }
}
