import { ZooError } from '@zoo/core';

/** The error for a file that the system would not open or read. */
export function cannotRead(path: string, cause: unknown): ZooError {
  const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
  const message = missing ? `No such file: ${path}.` : `Could not read ${path}: ${(cause as Error).message}.`;
  return new ZooError('FILE_NOT_FOUND', message, { cause });
}
