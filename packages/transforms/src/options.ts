import { unknownName, ZooError } from '@zoo/core/base';

/** `[height, width]`, or one number for both. */
export type Size = number | readonly [number, number];

/** A range `[low, high]`, or how far to go from the neutral value on both sides. */
export type Range = number | readonly [number, number];

const invalid = (message: string): ZooError => new ZooError('INVALID_ARGUMENT', message);

export function checkPositive(value: unknown, what: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value;
  throw invalid(`${what} is a positive integer, got ${JSON.stringify(value)}.`);
}

export function sizePair(size: Size, what: string): [number, number] {
  if (typeof size !== 'number' && !Array.isArray(size))
    throw invalid(`${what}: a size is a number or [height, width], got ${JSON.stringify(size)}.`);
  const [height, width] = typeof size === 'number' ? [size, size] : size;
  return [checkPositive(height, `${what}: the height`), checkPositive(width, `${what}: the width`)];
}

/** A list of things that have `apply`. */
export function checkTransforms<T extends { apply: unknown }>(list: readonly T[], what: string): readonly T[] {
  if (!Array.isArray(list)) throw invalid(`${what} takes a list of transforms, [a, b, ...].`);
  // A class given instead of an object has an `apply` too, that of all functions.
  const wrong = list.findIndex((item: unknown) => typeof item !== 'object' || typeof (item as T)?.apply !== 'function');
  if (wrong < 0) return [...list];
  throw invalid(`${what}: entry ${wrong} is no transform, which would have apply(image, rng).`);
}

export function checkProbability(p: unknown, what: string): number {
  if (typeof p === 'number' && p >= 0 && p <= 1) return p;
  throw invalid(`${what}: p is a probability between 0 and 1, got ${JSON.stringify(p)}.`);
}

export function checkOneOf<T extends string>(value: T, known: readonly T[], what: string): T {
  if (known.includes(value)) return value;
  throw unknownName(what, String(value), known);
}

/** A pair `low <= high` within limits. */
export function checkRange(
  range: readonly [number, number],
  what: string,
  [min, max]: readonly [number, number] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
): [number, number] {
  const [low, high] = Array.isArray(range) ? range : [Number.NaN, Number.NaN];
  if (Number.isFinite(low) && Number.isFinite(high) && low <= high && low >= min && high <= max) return [low, high];
  const limits = Number.isFinite(min) || Number.isFinite(max) ? ` within ${min} .. ${max}` : '';
  throw invalid(`${what} is a range [low, high]${limits}, got ${JSON.stringify(range)}.`);
}

/** `center - range .. center + range` for a number, cut at `limits[0]`; a pair as it is. */
export function rangeAround(
  range: Range,
  what: string,
  { center, limits, cut = false }: { center: number; limits?: readonly [number, number]; cut?: boolean },
): [number, number] {
  if (typeof range !== 'number') return checkRange(range, what, limits);
  if (!(range >= 0)) throw invalid(`${what} as one number is not negative, got ${range}.`);
  const low = center - range;
  return checkRange([cut && limits ? Math.max(low, limits[0]) : low, center + range], what, limits);
}
