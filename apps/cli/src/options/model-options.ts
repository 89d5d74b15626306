import type { ModelOptions } from '@zoo/core';
import { z } from 'zod';
import { type FactoryOptions, parseFactoryOptions } from './factory-options.ts';
import { fraction, wholeNumber } from './values.ts';

/** Options of model factories, as command-line options. */
export const modelOptionsShape = {
  numClasses: wholeNumber(0).optional(),
  inChannels: wholeNumber(1).optional(),
  dropRate: fraction.optional(),
  option: z.array(z.string()).optional(),
};

type Given = { [K in 'numClasses' | 'inChannels' | 'dropRate']?: number | undefined } & {
  option?: readonly string[] | undefined;
};

/** Those that were given; the others keep the model's own defaults. */
export function modelOptionsOf({ numClasses, inChannels, dropRate, option }: Given): ModelOptions & FactoryOptions {
  return {
    ...(numClasses !== undefined && { numClasses }),
    ...(inChannels !== undefined && { inChannels }),
    ...(dropRate !== undefined && { dropRate }),
    ...parseFactoryOptions(option),
  };
}
