import { isZooError } from '@zoo/core';

/** What the shell sees. */
export const exitCodes = { ok: 0, error: 1, usage: 2, interrupted: 130 } as const;

/** The command line itself is wrong: an unknown option, a value out of range, a name that does not exist. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface Failure {
  code: string;
  message: string;
  exitCode: number;
}

/** Advice of the libraries in words of the command line; what a command has an option of its own for, it says itself. */
const inCommandWords = (message: string): string =>
  message
    .replace(", or leave such files out with onBadFile: 'skip'", '')
    .replace(
      'Where you trust it, pass { importModules: true }.',
      'An experiment may name the transforms of @zoo/transforms only.',
    )
    .replace('anew with overwrite: true', 'anew by zoo extract --overwrite');

/** One message and an exit code for anything thrown. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof UsageError) return { code: 'USAGE', message: error.message, exitCode: exitCodes.usage };
  if (isZooError(error)) {
    const exitCode =
      error.code === 'INTERRUPTED'
        ? exitCodes.interrupted
        : error.code === 'UNKNOWN_NAME'
          ? exitCodes.usage
          : exitCodes.error;
    return { code: error.code, message: inCommandWords(error.message), exitCode };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'UNEXPECTED', message, exitCode: exitCodes.error };
}
