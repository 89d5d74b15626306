import * as tf from '@tensorflow/tfjs-core';
import { ZooError } from '@zoo/core';
import { flag, nonNegative, type OptionRules } from '../options.ts';
import { Optimizer, type OptimizerOptions, type TrainedParameters, type Update } from './optimizer.ts';

export interface SGDOptions extends OptimizerOptions {
  /** Default 0. */
  momentum: number;
  /** Damps what a gradient adds to the momentum buffer; default 0. */
  dampening: number;
  /** L2 penalty; default 0. */
  weightDecay: number;
  /** Nesterov's momentum; needs momentum and no dampening. Default false. */
  nesterov: boolean;
}

const rules: OptionRules<SGDOptions> = {
  lr: nonNegative(Number.NaN), // no default: a number must be given
  momentum: nonNegative(0),
  dampening: nonNegative(0),
  weightDecay: nonNegative(0),
  nesterov: flag(false),
};

/** Stochastic gradient descent, as `torch.optim.SGD`: https://pytorch.org/docs/stable/generated/torch.optim.SGD.html */
export class SGD extends Optimizer<SGDOptions> {
  constructor(parameters: TrainedParameters<SGDOptions>, options: Partial<SGDOptions> & { lr: number }) {
    super('SGD', rules, parameters, options);
    for (const { nesterov, momentum, dampening } of this.paramGroups) {
      if (nesterov && (momentum === 0 || dampening !== 0)) {
        throw new ZooError('INVALID_ARGUMENT', `SGD: Nesterov's momentum needs a momentum > 0 and no dampening.`);
      }
    }
  }

  protected update(value: tf.Tensor, grad: tf.Tensor, { options, slots, constant }: Update<SGDOptions>): tf.Tensor {
    const { lr, momentum, dampening, weightDecay, nesterov } = options;
    let direction = weightDecay === 0 ? grad : tf.add(grad, tf.mul(value, constant(weightDecay)));
    if (momentum !== 0) {
      const former = slots.get('momentum_buffer');
      const added = dampening === 0 || !former ? direction : tf.mul(direction, constant(1 - dampening));
      const buffer = slots.set(
        'momentum_buffer',
        former ? tf.add(tf.mul(former, constant(momentum)), added) : direction,
      );
      direction = nesterov ? tf.add(direction, tf.mul(buffer, constant(momentum))) : buffer;
    }
    return tf.sub(value, tf.mul(direction, constant(lr)));
  }
}
