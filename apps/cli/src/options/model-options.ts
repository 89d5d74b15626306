import type { ModelOptions } from '@zoo/core';
import { fraction, wholeNumber } from './values.ts';

/** Options that every model factory takes, as command-line options. */
export const modelOptionsShape = {
  numClasses: wholeNumber(0).optional(),
  inChannels: wholeNumber(1).optional(),
  dropRate: fraction.optional(),
};

type Given = { [K in 'numClasses' | 'inChannels' | 'dropRate']?: number | undefined };

/** Those that were given; the others keep the model's own defaults. */
export function modelOptionsOf({ numClasses, inChannels, dropRate }: Given): ModelOptions {
  return {
    ...(numClasses !== undefined && { numClasses }),
    ...(inChannels !== undefined && { inChannels }),
    ...(dropRate !== undefined && { dropRate }),
  };
}
