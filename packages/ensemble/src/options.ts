import { nearest, ZooError } from '@zoo/core';

export const invalid = (message: string): ZooError => new ZooError('INVALID_ARGUMENT', message);

/** Refuses an option that is not known, with the nearest name that is. */
export function refuseUnknown(owner: string, given: object, known: readonly string[]): void {
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    const suggestion = nearest(name, known);
    const hint = suggestion ? ` Did you mean '${suggestion}'?` : '';
    throw invalid(`${owner} has no option '${name}'.${hint} Options: ${known.join(', ')}.`);
  }
}

/** A whole number of at least `least`. */
export function whole(owner: string, name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw invalid(`${owner}: '${name}' must be a whole number >= ${least}, got ${value}.`);
}
