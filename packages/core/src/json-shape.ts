import { shorten } from './shorten.ts';

/** What is wrong with a value at a place, as `place is X, not Y`; undefined when nothing is. */
export type JsonShape = (value: unknown, place: string) => string | undefined;

/** A value as error messages show it: short, whatever it is. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(shorten(value, 40));
  if (Array.isArray(value)) return value.length <= 4 ? `[${value.map(shown).join(', ')}]` : `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'function') return 'a function';
  return typeof value === 'bigint' ? `${value}n` : String(value);
}

const leaf =
  (fits: (value: unknown) => boolean, words: string): JsonShape =>
  (value, place) =>
    fits(value) ? undefined : `${place} is ${value === undefined ? 'missing' : `${shown(value)}, not ${words}`}`;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const within = (place: string, key: string): string => (place === '' ? shorten(key) : `${place}.${shorten(key)}`);

function firstOf(count: number, check: (i: number) => string | undefined): string | undefined {
  for (let i = 0; i < count; i++) {
    const wrong = check(i);
    if (wrong) return wrong;
  }
  return undefined;
}

/** Shapes of data that came as JSON from a file, whose every entry may be anything. */
export const jsonShape = {
  number: leaf((value) => typeof value === 'number', 'a number'),
  text: leaf((value) => typeof value === 'string', 'text'),
  flag: leaf((value) => typeof value === 'boolean', 'true or false'),
  anything: (() => undefined) as JsonShape,
  whole: (least: number): JsonShape =>
    leaf((value) => Number.isSafeInteger(value) && (value as number) >= least, `a whole number >= ${least}`),
  matching: (pattern: RegExp, words: string): JsonShape =>
    leaf((value) => typeof value === 'string' && pattern.test(value), words),
  oneOf: (...values: readonly unknown[]): JsonShape =>
    leaf((value) => values.includes(value), values.map(shown).join(' or ')),
  optional:
    (shape: JsonShape): JsonShape =>
    (value, place) =>
      value === undefined ? undefined : shape(value, place),
  orNull:
    (shape: JsonShape): JsonShape =>
    (value, place) =>
      value === null ? undefined : shape(value, place),
  list:
    (item: JsonShape): JsonShape =>
    (value, place) =>
      Array.isArray(value)
        ? firstOf(value.length, (i) => item(value[i], `${place}[${i}]`))
        : leaf(Array.isArray, 'a list')(value, place),
  /** An object with any keys. */
  record:
    (item: JsonShape): JsonShape =>
    (value, place) => {
      if (!isObject(value)) return leaf(isObject, 'an object')(value, place);
      const keys = Object.keys(value);
      return firstOf(keys.length, (i) => item(value[keys[i]!], within(place, keys[i]!)));
    },
  /** An object with these keys of its own, and others of a shape, by default any. */
  object:
    (fields: Readonly<Record<string, JsonShape>>, others: JsonShape = () => undefined): JsonShape =>
    (value, place) => {
      if (!isObject(value)) return leaf(isObject, 'an object')(value, place);
      const keys = [...new Set([...Object.keys(fields), ...Object.keys(value)])];
      return firstOf(keys.length, (i) => {
        const key = keys[i]!;
        const shape = Object.hasOwn(fields, key) ? fields[key]! : others;
        return shape(Object.hasOwn(value, key) ? value[key] : undefined, within(place, key));
      });
    },
};
