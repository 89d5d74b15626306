import { jsonShape } from '@zoo/core';
import type { FactoryOptions } from '../options/factory-options.ts';

export const optimizerNames = ['sgd', 'adam', 'adamw', 'rmsprop', 'adagrad', 'adadelta'] as const;
export const scheduleNames = ['constant', 'cosine', 'one-cycle', 'step', 'multistep', 'exponential'] as const;

export type OptimizerName = (typeof optimizerNames)[number];
export type ScheduleName = (typeof scheduleNames)[number];

/** Everything that decides what a training computes; plain data. */
export interface TrainSettings {
  model: string;
  data: string;
  /** Options of the model's own. */
  options: FactoryOptions;
  /** Side that images are resized to; null for the model's own size. */
  resize: number | null;
  /** How many images of each split are used, the first ones; null for all. */
  images: number | null;
  epochs: number;
  batchSize: number;
  optimizer: OptimizerName;
  lr: number;
  /** Of the optimizers that have one. */
  momentum: number;
  weightDecay: number;
  schedule: ScheduleName;
  /** Epochs of linear warm-up. */
  warmup: number;
  labelSmoothing: number;
  /** Largest gradient norm; null for any. */
  clipNorm: number | null;
  /** Epochs without a better test accuracy before the training ends early; null to train them all. */
  patience: number | null;
  /** null for the model's own. */
  dropRate: number | null;
  seed: number;
  deterministic: boolean;
}

const { anything, flag, number, object, oneOf, orNull, record, text, whole } = jsonShape;

/** Settings as a checkpoint file has them. */
export const settingsShape = object({
  model: text,
  data: text,
  options: record(anything),
  resize: orNull(whole(1)),
  images: orNull(whole(1)),
  epochs: whole(1),
  batchSize: whole(1),
  optimizer: oneOf(...optimizerNames),
  lr: number,
  momentum: number,
  weightDecay: number,
  schedule: oneOf(...scheduleNames),
  warmup: whole(0),
  labelSmoothing: number,
  clipNorm: orNull(number),
  patience: orNull(whole(1)),
  dropRate: orNull(number),
  seed: whole(0),
  deterministic: flag,
} satisfies Record<keyof TrainSettings, unknown>);
