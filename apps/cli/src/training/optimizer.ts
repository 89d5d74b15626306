import type { Parameter } from '@zoo/core';
import {
  Adadelta,
  Adagrad,
  Adam,
  AdamW,
  type AnyOptimizer,
  CosineAnnealingLR,
  ExponentialLR,
  MultiStepLR,
  OneCycleLR,
  RMSprop,
  type Schedule,
  SGD,
  StepLR,
  warmUp,
} from '@zoo/train';
import { UsageError } from '../exit-codes.ts';
import type { TrainSettings } from './settings.ts';

/** The optimizer that the settings name. */
export function createOptimizer(parameters: Parameter[], settings: TrainSettings): AnyOptimizer {
  const { optimizer, lr, momentum, weightDecay } = settings;
  if (momentum > 0 && optimizer !== 'sgd' && optimizer !== 'rmsprop')
    throw new UsageError(`Option --momentum goes with sgd and rmsprop, not with ${optimizer}.`);
  switch (optimizer) {
    case 'sgd':
      return new SGD(parameters, { lr, momentum, weightDecay });
    case 'adam':
      return new Adam(parameters, { lr, weightDecay });
    case 'adamw':
      return new AdamW(parameters, { lr, weightDecay });
    case 'rmsprop':
      return new RMSprop(parameters, { lr, momentum, weightDecay });
    case 'adagrad':
      return new Adagrad(parameters, { lr, weightDecay });
    case 'adadelta':
      return new Adadelta(parameters, { lr, weightDecay });
  }
}

/** The schedule that the settings name, over the whole training; undefined for a constant rate without warm-up. */
export function createSchedule(
  optimizer: AnyOptimizer,
  settings: TrainSettings,
  stepsPerEpoch: number,
): Schedule | undefined {
  const { schedule, epochs, warmup, lr, momentum } = settings;
  if (warmup >= epochs && warmup > 0) throw new UsageError('Option --warmup takes fewer epochs than --epochs.');
  const remaining = (epochs - warmup) * stepsPerEpoch;
  const every = 'step' as const;
  const main = (): Schedule => {
    switch (schedule) {
      case 'cosine':
        return new CosineAnnealingLR(optimizer, { tMax: remaining, every });
      case 'one-cycle':
        if (warmup > 0) throw new UsageError('The schedule one-cycle has a warm-up of its own: leave out --warmup.');
        return new OneCycleLR(optimizer, {
          maxLr: lr,
          totalSteps: Math.max(2, remaining),
          cycleMomentum: momentum > 0,
        });
      case 'step': // a tenth after each third
        return new StepLR(optimizer, { stepSize: Math.max(1, Math.ceil(remaining / 3)), every });
      case 'multistep': // a tenth at half and at three quarters of the way
        return new MultiStepLR(optimizer, { milestones: [0.5, 0.75].map((at) => Math.round(at * remaining)), every });
      case 'exponential': // to a hundredth at the end
        return new ExponentialLR(optimizer, { gamma: 0.01 ** (1 / Math.max(1, remaining)), every });
      case 'constant':
        return new ExponentialLR(optimizer, { gamma: 1, every });
    }
  };
  if (schedule === 'constant' && warmup === 0) return undefined;
  return warmup > 0 ? warmUp(main(), { length: warmup * stepsPerEpoch }) : main();
}
