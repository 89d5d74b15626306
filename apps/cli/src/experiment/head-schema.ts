import { nearest } from '@zoo/core';
import { z } from 'zod';
import { headOptimizers, headTypes, metricNames, solverNames } from './choices.ts';
import { byType, dropRateValue, nonNegativeValue, oneOfNames, positiveValue, wholeValue } from './zod-parts.ts';

/** Options of heads that learn by gradient steps. */
export const trainedHeadShape = {
  epochs: wholeValue(1).default(30),
  batchSize: wholeValue(1).default(64),
  optimizer: oneOfNames(headOptimizers).default('adam'),
  lr: positiveValue.default(1e-3),
  weightDecay: nonNegativeValue.default(0),
  dropRate: dropRateValue.default(0),
};

const widths = z.array(wholeValue(1), 'a list of widths').min(1, 'at least one width');

/** What learns to tell classes by the features of a backbone. */
export const headSchema = byType(
  z.discriminatedUnion(
    'type',
    [
      z.strictObject({ type: z.literal('linear'), ...trainedHeadShape }),
      z.strictObject({ type: z.literal('mlp'), hidden: widths.default([128]), ...trainedHeadShape }),
      z.strictObject({
        type: z.literal('logistic'),
        solver: oneOfNames(solverNames).default('lbfgs'),
        /** 1 / examples unless given. */
        l2: nonNegativeValue.optional(),
        maxIterations: wholeValue(1).default(200),
      }),
      z.strictObject({
        type: z.literal('knn'),
        k: wholeValue(1).default(5),
        metric: oneOfNames(metricNames).default('cosine'),
      }),
    ],
    {
      error: ({ input }) => typeMessage(input, headTypes),
    },
  ),
);

/** For a union told apart by `type`. */
export function typeMessage(input: unknown, types: readonly string[]): string {
  const type = (input as { type?: unknown } | null)?.type;
  const suggestion = typeof type === 'string' ? nearest(type, types) : undefined;
  return `an object whose type is one of ${types.join(', ')}${suggestion ? `. Did you mean '${suggestion}'?` : ''}`;
}

export type HeadSpec = z.output<typeof headSchema>;
export type HeadOf<T extends HeadSpec['type']> = Extract<HeadSpec, { type: T }>;
