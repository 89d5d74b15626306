import { nearest } from '@zoo/core';
import { z } from 'zod';
import { UsageError } from '../exit-codes.ts';

const parsed = <T>(parse: (text: string) => T | undefined, words: string) =>
  z.string().transform((text, context): T => {
    const value = parse(text.trim());
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: words });
    return z.NEVER;
  });

const numberFrom = (allowed: (x: number) => boolean) => (text: string) => {
  const value = text === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) && allowed(value) ? value : undefined;
};

export const wholeNumber = (least: number, most = Number.MAX_SAFE_INTEGER) =>
  parsed(
    numberFrom((x) => Number.isInteger(x) && x >= least && x <= most),
    most === Number.MAX_SAFE_INTEGER ? `a whole number from ${least}` : `a whole number from ${least} to ${most}`,
  );

export const positiveNumber = parsed(
  numberFrom((x) => x > 0),
  'a number above 0',
);
export const nonNegativeNumber = parsed(
  numberFrom((x) => x >= 0),
  'a number from 0',
);
export const fraction = parsed(
  numberFrom((x) => x >= 0 && x < 1),
  'a number from 0 and below 1',
);

/** Sizes such as `1,1,28,28`; `x` may separate them too. */
export const shape = parsed((text) => {
  const sizes = text.split(/[,x]/).map(Number);
  return sizes.every((size) => Number.isInteger(size) && size > 0) ? sizes : undefined;
}, 'sizes separated by commas, such as 1,1,28,28');

export const oneOf = <const T extends readonly string[]>(names: T) =>
  z.string().transform((text, context): T[number] => {
    if (names.includes(text)) return text;
    const suggestion = nearest(text, names);
    const hint = suggestion ? `. Did you mean '${suggestion}'?` : '';
    context.addIssue({ code: 'custom', message: `one of ${names.join(', ')}${hint}` });
    return z.NEVER;
  });

export const flagOf = (key: string): string => `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** Checks raw option values against a schema; a refusal names the option, what it takes and what it got. */
export function checkOptions<S extends z.ZodType>(schema: S, raw: Record<string, unknown>): z.output<S> {
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => {
    const key = String(issue.path[0] ?? '');
    return `Option ${flagOf(key)} takes ${issue.message}${issue.message.endsWith('?') ? '' : ';'} got '${String(raw[key])}'.`;
  });
  throw new UsageError(lines.join('\n'));
}
