import { refuseUnknown, shown, ZooError } from '@zoo/core';

export { refuseUnknown };

/** What one option may be: its default and a check that says what is allowed when a value is not. */
export interface OptionRule<T> {
  default: T;
  /** The words for "must be ...", or undefined when the value is fine. */
  refusal(value: unknown): string | undefined;
}

export type OptionRules<O> = { readonly [K in keyof O]-?: OptionRule<O[K]> };

const numberRule = (fallback: number, allowed: (x: number) => boolean, words: string): OptionRule<number> => ({
  default: fallback,
  refusal: (value) => (typeof value === 'number' && Number.isFinite(value) && allowed(value) ? undefined : words),
});

/** A number >= 0. */
export const nonNegative = (fallback: number) => numberRule(fallback, (x) => x >= 0, 'a number >= 0');

/** A number > 0. */
export const positive = (fallback: number) => numberRule(fallback, (x) => x > 0, 'a number > 0');

/** A number in [0, 1). */
export const fraction = (fallback: number) => numberRule(fallback, (x) => x >= 0 && x < 1, 'a number in [0, 1)');

/** A number in [0, 1]. */
export const share = (fallback: number) => numberRule(fallback, (x) => x >= 0 && x <= 1, 'a number in [0, 1]');

/** A whole number of at least `least`. */
export const whole = (fallback: number, least: number) =>
  numberRule(fallback, (x) => Number.isInteger(x) && x >= least, `a whole number >= ${least}`);

export const flag = (fallback: boolean): OptionRule<boolean> => ({
  default: fallback,
  refusal: (value) => (typeof value === 'boolean' ? undefined : 'true or false'),
});

/** A pair of numbers in [0, 1). */
export const fractionPair = (fallback: readonly [number, number]): OptionRule<readonly [number, number]> => ({
  default: fallback,
  refusal: (value) =>
    Array.isArray(value) && value.length === 2 && value.every((x) => typeof x === 'number' && x >= 0 && x < 1)
      ? undefined
      : 'two numbers in [0, 1)',
});

/** `given` over `fallbacks` over the rules' defaults; undefined counts as absent. Unknown and bad values are refused. */
export function checkedOptions<O extends object>(
  owner: string,
  rules: OptionRules<O>,
  given: Partial<O>,
  fallbacks: Partial<O> = {},
): O {
  const names = Object.keys(rules) as Array<keyof O & string>;
  refuseUnknown(owner, given, names);
  const options = {} as O;
  for (const name of names) {
    const value = given[name] ?? fallbacks[name] ?? rules[name].default;
    const refusal = rules[name].refusal(value);
    if (refusal) {
      throw new ZooError('INVALID_ARGUMENT', `${owner}: '${name}' must be ${refusal}, got ${shown(value)}.`);
    }
    options[name] = value;
  }
  return options;
}
