import * as tf from '@tensorflow/tfjs-core';
import { Parameter, valueAndGrads, ZooError } from '@zoo/core';
import { fillInput, relativeError, tolerance } from '@zoo/testing';
import * as train from '@zoo/train';
import type { Check } from './check.ts';

type Options = Record<string, number | boolean>;

export interface OptimizerFile {
  optimizers: Record<string, { options: Record<string, number | boolean | number[]>; trajectory: number[][] }>;
  schedules: Record<string, number[]>;
}

const camelCase = (name: string): string => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

const classes = {
  sgd: train.SGD,
  adagrad: train.Adagrad,
  rmsprop: train.RMSprop,
  adadelta: train.Adadelta,
  adamw: train.AdamW,
  adam: train.Adam,
};

function createOptimizer(name: string, parameters: Parameter[], options: Options): train.Optimizer {
  const kind = Object.keys(classes).find((key) => name === key || name.startsWith(`${key}_`)) as
    | keyof typeof classes
    | undefined;
  if (!kind) throw new ZooError('NOT_SUPPORTED', `Golden optimizer '${name}' has no counterpart here.`);
  const renamed = Object.fromEntries(Object.entries(options).map(([key, value]) => [camelCase(key), value]));
  return new classes[kind](parameters, renamed as { lr: number });
}

const parameterOf = (values: Float32Array): Parameter => new Parameter([values.length], { init: () => values.slice() });

/** Ten steps of every optimizer on the least-squares problem of the golden file, and eleven of every schedule. */
export async function checkOptimizers(file: OptimizerFile): Promise<Check[]> {
  const checks: Check[] = [];
  const a = tf.tensor2d(fillInput('A', 24), [6, 4]);
  const b = tf.tensor1d(fillInput('b', 6));
  for (const [name, golden] of Object.entries(file.optimizers)) {
    const weight = parameterOf(fillInput('w0', 4));
    const parameters = name === 'param_groups' ? [weight, parameterOf(fillInput('bias0', 1))] : [weight];
    const optimizer =
      name === 'param_groups'
        ? groupOptimizer(parameters, golden.options)
        : createOptimizer(name, parameters, golden.options as Options);
    const residual = () => {
      const product = tf.reshape(tf.matMul(a, tf.reshape(weight.value(), [4, 1]) as tf.Tensor2D), [6]);
      return tf.sub(parameters[1] ? tf.add(product, parameters[1].value()) : product, b);
    };
    const trajectory: number[] = [];
    for (let step = 0; step < golden.trajectory.length; step++) {
      const { value, grads } = valueAndGrads(() => tf.div(tf.sum(tf.square(residual())), 12), parameters);
      optimizer.step(grads);
      for (const parameter of parameters) trajectory.push(...(await parameter.value().data()));
      tf.dispose([value, ...grads.values()]);
    }
    checks.push({
      name: `${name} trajectory`,
      error: relativeError(trajectory, golden.trajectory.flat()),
      tolerance: tolerance(),
    });
    optimizer.dispose();
    for (const parameter of parameters) parameter.dispose();
  }
  tf.dispose([a, b]);
  for (const [name, expected] of Object.entries(file.schedules)) {
    checks.push({
      name: `${name} schedule`,
      error: relativeError(scheduleRates(name, expected.length), expected),
      tolerance: 1e-6,
    });
  }
  return checks;
}

function groupOptimizer(
  [first, second]: Parameter[],
  options: OptimizerFile['optimizers'][string]['options'],
): train.Optimizer {
  const [lr, secondLr] = options['lr'] as number[];
  const groups = [{ params: [first!] }, { params: [second!], lr: secondLr! }];
  return new train.SGD(groups, {
    lr: lr!,
    momentum: options['momentum'] as number,
    weightDecay: options['weight_decay'] as number,
  });
}

function scheduleRates(name: string, steps: number): number[] {
  const parameter = new Parameter([1]);
  const optimizer = new train.SGD([parameter], { lr: 0.1 });
  const table: Record<string, () => train.Schedule> = {
    step: () => new train.StepLR(optimizer, { stepSize: 3, gamma: 0.5 }),
    multistep: () => new train.MultiStepLR(optimizer, { milestones: [2, 6], gamma: 0.1 }),
    exponential: () => new train.ExponentialLR(optimizer, { gamma: 0.9 }),
    cosine: () => new train.CosineAnnealingLR(optimizer, { tMax: 10, etaMin: 0.001 }),
    onecycle: () => new train.OneCycleLR(optimizer, { maxLr: 0.1, totalSteps: 12 }),
    linear_warmup: () => new train.LinearLR(optimizer, { startFactor: 0.1, endFactor: 1, totalIters: 5 }),
  };
  const make = table[name];
  if (!make) throw new ZooError('NOT_SUPPORTED', `Golden schedule '${name}' has no counterpart here.`);
  const schedule = make();
  const rates = Array.from({ length: steps }, () => {
    const rate = optimizer.paramGroups[0]!.lr;
    schedule.step();
    return rate;
  });
  optimizer.dispose();
  parameter.dispose();
  return rates;
}
