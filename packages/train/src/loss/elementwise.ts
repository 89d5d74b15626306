import * as tf from '@tensorflow/tfjs-core';
import { formatShape, sameShape, ZooError } from '@zoo/core';
import { refuseUnknown } from '../options.ts';
import { checkReduction, type Reduction, reduce } from './reduction.ts';

export interface ElementwiseLossOptions {
  /** Default 'mean'. */
  reduction?: Reduction;
}

/** Refuses shapes that would broadcast: `[n, 1]` against `[n]` is nearly always a mistake. */
export function checkSameShape(loss: string, outputs: tf.Tensor, targets: tf.Tensor): void {
  if (sameShape(outputs.shape, targets.shape)) return;
  throw new ZooError(
    'SHAPE_MISMATCH',
    `${loss} needs outputs and targets of one shape, got ${formatShape(outputs.shape)} and ${formatShape(targets.shape)}.`,
  );
}

/** A function of one tensor, element by element, with the derivative given. */
function withDerivative(
  x: tf.Tensor,
  { value, derivative }: { value: (x: tf.Tensor) => tf.Tensor; derivative: (x: tf.Tensor) => tf.Tensor },
): tf.Tensor {
  return tf.customGrad((input, save) => {
    (save as tf.GradSaveFunc)([input as tf.Tensor]);
    return {
      value: value(input as tf.Tensor),
      gradFunc: (dy, saved) => tf.mul(dy, derivative((saved as tf.Tensor[])[0]!)),
    };
  })(x);
}

function ofDifference(
  loss: string,
  outputs: tf.Tensor,
  targets: tf.Tensor,
  options: ElementwiseLossOptions & {
    value: (difference: tf.Tensor) => tf.Tensor;
    derivative: (difference: tf.Tensor) => tf.Tensor;
  },
): tf.Tensor {
  const { reduction = 'mean', value, derivative } = options;
  checkSameShape(loss, outputs, targets);
  checkReduction(reduction);
  return tf.tidy(() => reduce(withDerivative(tf.sub(outputs, targets), { value, derivative }), reduction));
}

const optionNames = ['reduction'];

/** Squared error, as `torch.nn.functional.mse_loss`; both tensors of one shape. */
export function mse(outputs: tf.Tensor, targets: tf.Tensor, options: ElementwiseLossOptions = {}): tf.Tensor {
  refuseUnknown('mse', options, optionNames);
  return ofDifference('mse', outputs, targets, { ...options, value: tf.square, derivative: (d) => tf.mul(d, 2) });
}

/** Absolute error, as `torch.nn.functional.l1_loss`; its derivative at 0 is 0. */
export function l1(outputs: tf.Tensor, targets: tf.Tensor, options: ElementwiseLossOptions = {}): tf.Tensor {
  refuseUnknown('l1', options, optionNames);
  return ofDifference('l1', outputs, targets, { ...options, value: tf.abs, derivative: tf.sign });
}

/** Squared below `beta` (default 1) and linear above, as `torch.nn.functional.smooth_l1_loss`. */
export function smoothL1(
  outputs: tf.Tensor,
  targets: tf.Tensor,
  options: ElementwiseLossOptions & { beta?: number } = {},
): tf.Tensor {
  refuseUnknown('smoothL1', options, [...optionNames, 'beta']);
  const { beta = 1, ...rest } = options;
  if (!(beta >= 0)) throw new ZooError('INVALID_ARGUMENT', `smoothL1: 'beta' must be >= 0, got ${beta}.`);
  if (beta === 0) return l1(outputs, targets, rest);
  // With q = d limited to [-beta, beta] both branches are q (d - q / 2) / beta.
  const limited = (d: tf.Tensor) => tf.clipByValue(d, -beta, beta);
  return ofDifference('smoothL1', outputs, targets, {
    ...rest,
    value: (d) => {
      const q = limited(d);
      return tf.div(tf.mul(q, tf.sub(d, tf.div(q, 2))), beta);
    },
    derivative: (d) => tf.div(limited(d), beta),
  });
}
