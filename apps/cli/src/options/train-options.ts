import { z } from 'zod';
import { recipeFor } from '../training/recipes.ts';
import { optimizerNames, scheduleNames, type TrainSettings } from '../training/settings.ts';
import { parseFactoryOptions } from './factory-options.ts';
import { modelOptionsShape } from './model-options.ts';
import { checkOptions, fraction, nonNegativeNumber, oneOf, positiveNumber, wholeNumber } from './values.ts';

const schema = z.object({
  dropRate: modelOptionsShape.dropRate,
  option: modelOptionsShape.option,
  data: z.string(),
  resize: wholeNumber(1, 4096).optional(),
  images: wholeNumber(1).optional(),
  epochs: wholeNumber(1).optional(),
  batchSize: wholeNumber(1).optional(),
  optimizer: oneOf(optimizerNames).optional(),
  lr: positiveNumber.optional(),
  momentum: fraction.optional(),
  weightDecay: nonNegativeNumber.optional(),
  schedule: oneOf(scheduleNames).optional(),
  warmup: wholeNumber(0).optional(),
  labelSmoothing: fraction.optional(),
  clipNorm: positiveNumber.optional(),
  patience: wholeNumber(1).optional(),
  seed: wholeNumber(0, 2 ** 32 - 1).optional(),
  deterministic: z.boolean().optional(),
  backend: z.string().optional(),
  out: z.string().optional(),
  checkpointEvery: wholeNumber(1).optional(),
  resume: z.union([z.string(), z.boolean()]).optional(),
});

/** How and where to run, besides what is trained. */
export interface TrainRun {
  backend: string | undefined;
  out: string | undefined;
  checkpointEvery: number | undefined;
  /** A checkpoint file, true for the one in the out folder, false to begin anew. */
  resume: string | boolean;
}

/** Settings that were given on the command line; the model always is. */
export type GivenSettings = Partial<TrainSettings> & Pick<TrainSettings, 'model' | 'data'>;

/** Checks the options of `zoo train`, and parts what is trained from how it is run. */
export function parseTrainOptions(
  model: string,
  raw: Readonly<Record<string, unknown>>,
): { given: GivenSettings; run: TrainRun } {
  const { backend, out, checkpointEvery, resume, data, option, ...settings } = checkOptions(schema, raw);
  const options = option && parseFactoryOptions(option);
  const given = Object.fromEntries(Object.entries({ ...settings, options }).filter(([, value]) => value !== undefined));
  return { given: { model, data, ...given }, run: { backend, out, checkpointEvery, resume: resume ?? false } };
}

/** What was left out comes from the model's recipe. */
export function completeSettings(given: GivenSettings): TrainSettings {
  const { model, data, ...chosen } = given;
  return {
    model,
    data,
    ...{ options: {}, resize: null, images: null },
    ...recipeFor(model, chosen.optimizer),
    ...{ warmup: 0, labelSmoothing: 0, clipNorm: null, patience: null, dropRate: null, seed: 0, deterministic: false },
    ...chosen,
  };
}
