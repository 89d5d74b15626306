import { relative } from 'node:path';
import { isZooError, ZooError } from '@zoo/core';
import { withFolderLock } from '@zoo/core/node';

/** A path as it is printed: relative where it lies below `cwd`. */
export function shownPath(cwd: string, path: string): string {
  const short = relative(cwd, path);
  return short.startsWith('..') ? path : short || '.';
}

/**
 * Runs a command that writes into the folder `path`, which it makes, and which no other command may write into meanwhile:
 * throws `IN_USE` at once.
 */
export async function withOutputFolder<T>(cwd: string, path: string, use: () => Promise<T>): Promise<T> {
  let started = false;
  const begin = (): Promise<T> => {
    started = true;
    return use();
  };
  try {
    return await withFolderLock(path, begin, { wait: false, name: `The folder ${shownPath(cwd, path)}` });
  } catch (error) {
    if (started || !isZooError(error) || error.code !== 'IN_USE') throw error;
    const message = `${error.message} Wait until that has ended, or name another folder by --out.`;
    throw new ZooError('IN_USE', message, { cause: error });
  }
}
