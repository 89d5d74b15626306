import { isZooError, ZooError } from '../error.ts';

/** A file of a cache, which can be fetched again. Never one that the user put in its place. */
export interface CachedFile {
  path: string;
  /** Whether it has just been fetched. */
  fresh: boolean;
  /** Whether it has the hash that is known of it; false where none is known. */
  isRight(): Promise<boolean>;
  /** Fetches it once more to where the path that comes back tells. */
  fetchAgain(): Promise<string>;
  /** Takes it out of the cache. */
  discard(): Promise<void>;
}

const isDamage = (error: unknown): error is ZooError =>
  isZooError(error) && (error.code === 'CORRUPT_FILE' || error.code === 'CHECKSUM_MISMATCH');

async function discard(file: CachedFile, error: ZooError, words: string): Promise<never> {
  await file.discard();
  throw new ZooError(error.code, `${error.message} ${words}`, { cause: error });
}

/**
 * Opens a cached file. One that is damaged is fetched again, once; if what comes is damaged too, it leaves the cache and the
 * error says so. A file that has its hash is left alone: then another download gives the same. Throws what `open` throws.
 */
export async function openCached<T>(file: CachedFile, open: (path: string) => Promise<T>): Promise<T> {
  try {
    return await open(file.path);
  } catch (error) {
    if (!isDamage(error) || (await file.isRight())) throw error;
    if (file.fresh) return discard(file, error, 'It came so from the server; nothing was kept of it.');
    const path = await file.fetchAgain().catch((cause: unknown) => {
      if (isZooError(cause) && cause.code === 'INTERRUPTED') throw cause;
      const message = `${error.message} Fetching it again failed: ${(cause as Error).message}`;
      throw new ZooError(error.code, message, { cause });
    });
    return open(path).catch((again: unknown) => {
      if (!isDamage(again)) throw again;
      return discard(file, again, 'It was fetched again and is still damaged; nothing was kept of it.');
    });
  }
}
