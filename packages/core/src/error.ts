import { nameKey } from './name-key.ts';
import { boundMessage, listNames, shorten } from './shorten.ts';
import { nearest } from './suggest.ts';

const brand = Symbol.for('@zoo/core/error');

/** Permanent, machine-readable causes. New ones may be added; none changes its meaning. */
export type ZooErrorCode =
  | 'BACKEND_UNAVAILABLE'
  | 'BACKEND_FAILED'
  | 'CHECKSUM_MISMATCH'
  | 'CORRUPT_FILE'
  | 'DOWNLOAD_FAILED'
  | 'DUPLICATE_NAME'
  | 'FILE_NOT_FOUND'
  | 'INTERRUPTED'
  | 'IN_USE'
  | 'INVALID_ARGUMENT'
  | 'INVALID_CONFIG'
  | 'NOT_SUPPORTED'
  | 'NUMERIC'
  | 'RESERVED_NAME'
  | 'SHAPE_MISMATCH'
  | 'STATE_DICT_MISMATCH'
  | 'UNKNOWN_NAME'
  | 'WRITE_FAILED'
  | 'DISPOSED';

/**
 * Every error this library raises on purpose: what is wrong, with which name, file or shape, and what to do. A message holds
 * 4,000 characters and a note at most, however long the names of a file are.
 */
export class ZooError extends Error {
  override readonly name: string = 'ZooError';
  readonly code: ZooErrorCode;

  constructor(code: ZooErrorCode, message: string, options?: { cause?: unknown }) {
    super(boundMessage(message), options);
    this.code = code;
    Object.defineProperty(this, brand, { value: true });
  }
}

/** True for a ZooError of any installed copy of this package, where `instanceof` sees only its own. */
export function isZooError(error: unknown): error is ZooError {
  return typeof error === 'object' && error !== null && brand in error;
}

/** The nearest name; of one that looks the same in print, how it differs. */
function hint(name: string, known: readonly string[]): string {
  const isAscii = /^[\0-\x7f]*$/.test(name);
  const twin = isAscii ? undefined : known.find((each) => nameKey(each) === nameKey(name));
  if (twin !== undefined) {
    const form = (['NFC', 'NFD'] as const).find((each) => twin === twin.normalize(each));
    return ` The one there is has its accents in another Unicode form${form ? `, ${form}` : ''}.`;
  }
  const suggestion = nearest(name, known);
  return suggestion ? ` Did you mean '${suggestion}'?` : '';
}

/** Throws `INVALID_ARGUMENT` for an option that is not known, with the nearest name that is. */
export function refuseUnknown(owner: string, given: object, known: readonly string[]): void {
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    throw new ZooError(
      'INVALID_ARGUMENT',
      `${owner} has no option '${shorten(name)}'.${hint(name, known)} Options: ${listNames(known)}.`,
    );
  }
}

/** An unknown-name error that suggests the nearest known name and lists what there is. */
export function unknownName(kind: string, name: string, known: readonly string[]): ZooError {
  const list = known.length > 0 ? ` Known: ${listNames([...known].sort())}.` : ` No ${kind} is registered.`;
  return new ZooError('UNKNOWN_NAME', `Unknown ${kind} '${shorten(name)}'.${hint(name, known)}${list}`);
}
