import { nameKey } from '@zoo/core';

/** Whether two lists hold the same names in the same order, however their accents are spelled. */
export const sameNames = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((name, i) => nameKey(name) === nameKey(b[i]!));
