import { z } from 'zod';
import { poolNames } from './choices.ts';
import { ensembleSchema } from './ensemble-schema.ts';
import { headSchema } from './head-schema.ts';
import { fractionValue, listOf, named, oneOfNames, shareValue, wholeValue } from './zod-parts.ts';

const transformSchema = z.strictObject({
  transform: z.string('the name of a transform, such as Resize'),
  options: z.record(z.string(), z.unknown(), 'an object of options').default({}),
});
const pipelineSchema = z.array(transformSchema, 'a list of transforms');

const partWords = 'a part of the images such as [0, 0.25] for the first quarter';

/** A dataset's name, a path, or where and which split. */
const sourceShape = {
  source: named('data: a dataset, a folder of images, a zip archive or a CSV file'),
  split: named('a split').optional(),
  /** Where to begin and end, as shares of the images in an order drawn by the seed, class by class. */
  part: z
    .tuple([shareValue, shareValue], partWords)
    .refine(([from, to]) => from < to, partWords)
    .optional(),
};
const sourceSchema = z.preprocess(
  (value) => (typeof value === 'string' ? { source: value } : value),
  z.strictObject(sourceShape, 'a name, a path or { source, split, part }'),
);

/** Data of its own, or a share of the training images. */
const validationSchema = z.preprocess(
  (value) => (typeof value === 'number' ? { fraction: value } : typeof value === 'string' ? { source: value } : value),
  z.union([z.strictObject({ fraction: fractionValue }), z.strictObject(sourceShape)], {
    error: 'a share of the training images between 0 and 1, a name, a path or { source, split, part }',
  }),
);

const backboneSchema = z.strictObject({
  name: named('a name').optional(),
  model: named('a model'),
  weights: named('weights: a record, a file, an https: address or an hf: id'),
  options: z.record(z.string(), z.unknown(), 'an object of options').default({}),
  taps: listOf(named('a layer'), 'names of layers').default(['preLogits']),
  pool: oneOfNames(poolNames).default('avg'),
  /** Instead of the preset of the net. */
  transforms: pipelineSchema.optional(),
});

const reportSchema = z.strictObject({
  /** How many of the most-confused images are shown. */
  confused: wholeValue(0).default(12),
  /** How many images are explained by Grad-CAM. */
  explain: wholeValue(0).default(6),
});

/** A whole study, as its file says it; what is left out has the defaults of this schema. */
export const experimentSchema = z.strictObject(
  {
    name: named('a title').optional(),
    seed: wholeValue(0, 2 ** 32 - 1).default(0),
    backend: named('a backend').optional(),
    out: named('a folder').optional(),
    data: z.strictObject(
      {
        train: sourceSchema,
        validation: validationSchema.prefault(0.2),
        test: sourceSchema,
        images: wholeValue(1).optional(),
        transforms: pipelineSchema.default([]),
      },
      'an object with train, validation and test',
    ),
    backbones: z.array(backboneSchema, 'a list of nets').min(1, 'at least one net'),
    heads: listOf(headSchema, 'heads').prefault(['logistic']),
    ensemble: listOf(ensembleSchema, 'ensembles').prefault(['soft']),
    batchSize: wholeValue(1).default(64),
    report: reportSchema.prefault({}),
  },
  'an object with data, backbones and more',
);

export type Experiment = z.output<typeof experimentSchema>;
export type BackboneSpec = Experiment['backbones'][number];
export type DataSource = Experiment['data']['train'];
