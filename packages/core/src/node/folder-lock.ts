import { mkdir, rmdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { isZooError, ZooError } from '../error.ts';
import { type FileLockOptions, withFileLock } from './file-lock.ts';
import { errorCode, writeAdvice } from './write-advice.ts';

/** Makes `folder`, and those above it that are missing; returns the first that was, if any. */
async function makeFolder(folder: string): Promise<string | undefined> {
  try {
    return await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new ZooError('WRITE_FAILED', `Could not create the folder ${folder}. ${writeAdvice(cause)}`, { cause });
  }
}

/** Removes `folder`, and those above it from `made` on, as far as they are empty. */
async function removeEmpty(folder: string, made: string): Promise<void> {
  const top = resolve(made);
  for (let path = resolve(folder); path.length >= top.length; path = dirname(path)) {
    const removed = await rmdir(path).then(
      () => true,
      () => false,
    );
    if (!removed) return;
  }
}

/**
 * Makes `folder` if need be and runs `use` while holding it: one process or thread at a time, as `withFileLock`. Folders that
 * were made for it and got no content are removed again. Throws as `withFileLock`.
 */
export async function withFolderLock<T>(
  folder: string,
  use: (waited: boolean) => Promise<T>,
  options: FileLockOptions = {},
): Promise<T> {
  const lock = { name: folder, ...options };
  for (let tries = 1; ; tries++) {
    const made = await makeFolder(folder);
    let started = false;
    const begin = (waited: boolean): Promise<T> => {
      started = true;
      return use(waited);
    };
    try {
      return await withFileLock(join(folder, 'zoo'), begin, lock);
    } catch (error) {
      // Whoever made the folder found nothing to put there, and removed it.
      const removed = !started && tries < 100 && isZooError(error) && errorCode(error.cause) === 'ENOENT';
      if (!removed) throw error;
    } finally {
      if (made !== undefined) await removeEmpty(folder, made);
    }
  }
}
