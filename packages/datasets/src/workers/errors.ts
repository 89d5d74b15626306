import { isZooError, ZooError, type ZooErrorCode } from '@zoo/core/base';
import type { PlainError } from './job.ts';

const messageOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);

/** The error as data, with what it is the fault of; its message names the image. */
export function plainError(error: unknown, name: string, of: PlainError['of'] = 'file'): PlainError {
  const message = messageOf(error);
  const cause = isZooError(error) ? error.cause : error;
  return {
    of,
    code: isZooError(error) ? error.code : 'INVALID_ARGUMENT',
    message: message.includes(name) ? message : `'${name}': ${message}`,
    ...(cause instanceof Error && {
      cause: { name: cause.name, message: cause.message, ...(cause.stack !== undefined && { stack: cause.stack }) },
    }),
  };
}

/** The error of another thread. */
export function rebuiltError({ code, message, cause }: PlainError): ZooError {
  const rebuilt = cause && Object.assign(new Error(cause.message), cause);
  return new ZooError(code as ZooErrorCode, message, rebuilt && { cause: rebuilt });
}

/** Some names for a message: all of a few, else the first and the last. */
export function listed(names: readonly string[]): string {
  const quoted = names.map((name) => `'${name}'`);
  return names.length <= 3 ? quoted.join(', ') : `${quoted[0]} to ${quoted.at(-1)} (${names.length})`;
}

/** For batches that take longer than they may. */
export function lateError(seconds: number, names: readonly string[], ended: string): ZooError {
  const advice = 'Does a transform or a source never return? timeout gives more seconds, and 0 waits for ever.';
  return new ZooError('INTERRUPTED', `No answer within ${seconds} s for ${listed(names)}${ended}. ${advice}`);
}
