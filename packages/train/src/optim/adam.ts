import * as tf from '@tensorflow/tfjs-core';
import { flag, fractionPair, nonNegative, type OptionRules } from '../options.ts';
import { Optimizer, type OptimizerOptions, type TrainedParameters, type Update } from './optimizer.ts';
import { runningAverage } from './running-average.ts';

export interface AdamOptions extends OptimizerOptions {
  /** Smoothing of the gradient and of its square; default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Added to the root of the second moment; default 1e-8. */
  eps: number;
  /** L2 penalty in Adam (default 0), decoupled decay in AdamW (default 0.01). */
  weightDecay: number;
  /** Divide by the largest second moment so far; default false. */
  amsgrad: boolean;
}

const rules = (weightDecay: number): OptionRules<AdamOptions> => ({
  lr: nonNegative(1e-3),
  betas: fractionPair([0.9, 0.999]),
  eps: nonNegative(1e-8),
  weightDecay: nonNegative(weightDecay),
  amsgrad: flag(false),
});

/** The update of Adam and AdamW. Torch's `sqrt(v / c2) + eps` is written with c2 moved out, which saves an operation. */
function adamUpdate(value: tf.Tensor, grad: tf.Tensor, update: Update<AdamOptions>): tf.Tensor {
  const { options, slots, step, constant } = update;
  const [beta1, beta2] = options.betas;
  const mean = runningAverage(update, { name: 'exp_avg', rate: beta1, value: () => grad });
  let square = runningAverage(update, { name: 'exp_avg_sq', rate: beta2, value: () => tf.square(grad) });
  if (options.amsgrad) {
    const largest = slots.get('max_exp_avg_sq');
    square = slots.set('max_exp_avg_sq', largest ? tf.maximum(largest, square) : square);
  }
  const correction = Math.sqrt(1 - beta2 ** step);
  const rate = (options.lr * correction) / (1 - beta1 ** step);
  const denominator = () => tf.tidy(() => tf.add(tf.sqrt(square), constant(options.eps * correction)));
  const direction = tf.tidy(() => tf.mul(tf.div(mean, denominator()), constant(rate)));
  return tf.sub(value, direction);
}

/** Adam (Kingma and Ba 2015), as `torch.optim.Adam`; `lr` is 0.001 unless given. */
export class Adam extends Optimizer<AdamOptions> {
  constructor(parameters: TrainedParameters<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super('Adam', rules(0), parameters, options);
  }

  protected update(value: tf.Tensor, grad: tf.Tensor, update: Update<AdamOptions>): tf.Tensor {
    const { weightDecay } = update.options;
    const decayed = weightDecay === 0 ? grad : tf.add(grad, tf.mul(value, update.constant(weightDecay)));
    return adamUpdate(value, decayed, update);
  }
}

/** Adam with decoupled weight decay (Loshchilov and Hutter 2019), as `torch.optim.AdamW`. */
export class AdamW extends Optimizer<AdamOptions> {
  constructor(parameters: TrainedParameters<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super('AdamW', rules(0.01), parameters, options);
  }

  protected update(value: tf.Tensor, grad: tf.Tensor, update: Update<AdamOptions>): tf.Tensor {
    const { lr, weightDecay } = update.options;
    const decayed = weightDecay === 0 ? value : tf.mul(value, update.constant(1 - lr * weightDecay));
    return adamUpdate(decayed, grad, update);
  }
}
