import { z } from 'zod';
import { UsageError } from '../exit-codes.ts';
import { headOptimizers, headTypes, metricNames, poolNames, solverNames, weightAims } from '../experiment/choices.ts';
import { type EnsembleSpec, ensembleSchema } from '../experiment/ensemble-schema.ts';
import { type HeadSpec, headSchema } from '../experiment/head-schema.ts';
import { flagOf, fraction, nonNegativeNumber, oneOf, positiveNumber, wholeNumber } from './values.ts';

/** Names separated by commas. */
export const nameList = z.string().transform((text, context): string[] => {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  if (names.length > 0) return names;
  context.addIssue({ code: 'custom', message: 'names separated by commas' });
  return z.NEVER;
});

const widths = z.string().transform((text, context): number[] => {
  const values = text.split(',').map(Number);
  if (values.every((value) => Number.isInteger(value) && value > 0)) return values;
  context.addIssue({ code: 'custom', message: 'widths separated by commas, such as 256,128' });
  return z.NEVER;
});

export const seedOption = wholeNumber(0, 2 ** 32 - 1);
export const poolOption = oneOf(poolNames);

/** Options of training on features, by the names of the experiment file. */
const trainedShape = {
  epochs: wholeNumber(1).optional(),
  batchSize: wholeNumber(1).optional(),
  optimizer: oneOf(headOptimizers).optional(),
  lr: positiveNumber.optional(),
  weightDecay: nonNegativeNumber.optional(),
  dropRate: fraction.optional(),
};

/** Options of all heads. */
export const headShape = {
  type: oneOf(headTypes).default('logistic'),
  hidden: widths.optional(),
  ...trainedShape,
  solver: oneOf(solverNames).optional(),
  l2: nonNegativeNumber.optional(),
  maxIterations: wholeNumber(1).optional(),
  k: wholeNumber(1).optional(),
  metric: oneOf(metricNames).optional(),
};

/** Options of all ensembles; a hidden layer has one width here. */
export const ensembleShape = {
  hidden: wholeNumber(1).optional(),
  ...trainedShape,
  by: oneOf(weightAims).optional(),
  l2: nonNegativeNumber.optional(),
};

type Given = Readonly<Record<string, unknown>> & { type: string };

/** Checks what was given against the one of the schema's members that `type` names; options of others are refused. */
function specOf<S extends z.ZodType>(schema: S, given: Given, keys: readonly string[]): z.output<S> {
  const chosen = Object.fromEntries(keys.filter((key) => given[key] !== undefined).map((key) => [key, given[key]]));
  const result = schema.safeParse({ ...chosen, type: given.type });
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) =>
    issue.code === 'unrecognized_keys'
      ? `${issue.keys.map((key) => `Option ${flagOf(key)}`).join(', ')} does not go with --type ${given.type}.`
      : `Option ${flagOf(String(issue.path[0] ?? 'type'))} takes ${issue.message}.`,
  );
  throw new UsageError(lines.join('\n'));
}

/** The head that command-line options describe. Throws UsageError for options that do not go with its type. */
export const headOf = (given: Given): HeadSpec => specOf(headSchema, given, Object.keys(headShape).slice(1));

/** The ensemble that command-line options describe. */
export const ensembleOf = (given: Given): EnsembleSpec => specOf(ensembleSchema, given, Object.keys(ensembleShape));
