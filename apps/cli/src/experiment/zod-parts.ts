import { nearest } from '@zoo/core';
import { z } from 'zod';

// Every message says what belongs there; the reader of the file adds the place and what stands there.

export const named = (what: string) => z.string(what).min(1, what);

export function wholeValue(least: number, most = Number.MAX_SAFE_INTEGER) {
  const words =
    most === Number.MAX_SAFE_INTEGER ? `a whole number from ${least}` : `a whole number from ${least} to ${most}`;
  return z.int(words).min(least, words).max(most, words);
}

export const positiveValue = z.number('a number above 0').positive('a number above 0');
export const nonNegativeValue = z.number('a number from 0').min(0, 'a number from 0');
export const fractionValue = z
  .number('a number between 0 and 1')
  .gt(0, 'a number between 0 and 1')
  .lt(1, 'a number between 0 and 1');
export const shareValue = z
  .number('a number from 0 to 1')
  .min(0, 'a number from 0 to 1')
  .max(1, 'a number from 0 to 1');
export const dropRateValue = z
  .number('a number from 0 and below 1')
  .min(0, 'a number from 0 and below 1')
  .lt(1, 'a number from 0 and below 1');

/** One of a few names; a wrong one is told the nearest. */
export const oneOfNames = <const T extends readonly [string, ...string[]]>(names: T) =>
  z.enum(names, {
    error: ({ input }) => {
      const suggestion = typeof input === 'string' ? nearest(input, names) : undefined;
      return `one of ${names.join(', ')}${suggestion ? `. Did you mean '${suggestion}'?` : ''}`;
    },
  });

/** A list, or one thing alone that stands for a list of it. */
export const listOf = <T extends z.ZodType>(item: T, what: string) =>
  z.preprocess(
    (value) => (value === undefined || Array.isArray(value) ? value : [value]),
    z.array(item, `a list of ${what}`).min(1, `at least one of the ${what}`),
  );

/** A type's name alone stands for that type with its defaults. */
export const byType = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (typeof value === 'string' ? { type: value } : value), schema);
