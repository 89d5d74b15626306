import { z } from 'zod';
import { ensembleTypes, weightAims } from './choices.ts';
import { trainedHeadShape, typeMessage } from './head-schema.ts';
import { byType, nonNegativeValue, oneOfNames, wholeValue } from './zod-parts.ts';

/** How members are put together. */
export const ensembleSchema = byType(
  z.discriminatedUnion(
    'type',
    [
      z.strictObject({ type: z.literal('soft') }),
      z.strictObject({ type: z.literal('hard') }),
      z.strictObject({ type: z.literal('weighted'), by: oneOfNames(weightAims).default('likelihood') }),
      z.strictObject({ type: z.literal('stack'), l2: nonNegativeValue.optional() }),
      z.strictObject({ type: z.literal('features'), hidden: wholeValue(1).default(128), ...trainedHeadShape }),
    ],
    { error: ({ input }) => typeMessage(input, ensembleTypes) },
  ),
);

export type EnsembleSpec = z.output<typeof ensembleSchema>;
