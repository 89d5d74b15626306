import { ZooError } from '@zoo/core';

export { refuseUnknown } from '@zoo/core';

export const invalid = (message: string): ZooError => new ZooError('INVALID_ARGUMENT', message);

/** A whole number of at least `least`. */
export function whole(owner: string, name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw invalid(`${owner}: '${name}' must be a whole number >= ${least}, got ${value}.`);
}
