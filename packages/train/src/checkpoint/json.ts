import { parseJson } from '@zoo/core';

const special: Readonly<Record<string, number>> = {
  '#NaN': Number.NaN,
  '#Infinity': Number.POSITIVE_INFINITY,
  '#-Infinity': Number.NEGATIVE_INFINITY,
};

/** JSON in which numbers that are not finite survive. */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_, v) => (typeof v === 'number' && !Number.isFinite(v) ? `#${v}` : v));

/** Throws `CORRUPT_FILE`, beginning with `name`. */
export const fromJson = (text: string, name: string): unknown =>
  parseJson(text, {
    name,
    reviver: (_, v) => (typeof v === 'string' && Object.hasOwn(special, v) ? special[v] : v),
  });
