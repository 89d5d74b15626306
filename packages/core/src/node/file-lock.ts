import { randomUUID } from 'node:crypto';
import * as nodeFs from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ZooError } from '../error.ts';
import { removeStale } from './atomic-write.ts';
import { livenessOf, ownIdentity, type ProcessIdentity } from './process-identity.ts';
import { errorCode, writeAdvice } from './write-advice.ts';

/** The file operations used here, so that a test can make each one fail. */
export type LockFs = Pick<
  typeof nodeFs,
  'mkdir' | 'readdir' | 'readFile' | 'rename' | 'rm' | 'rmdir' | 'stat' | 'unlink' | 'utimes' | 'writeFile'
>;

export interface FileLockOptions {
  /** Whether to wait for a lock that another holds (default), or to throw `IN_USE` at once. */
  wait?: boolean;
  /** Ends the waiting: `INTERRUPTED`. */
  signal?: AbortSignal | undefined;
  /** What the lock guards, for errors; `path` unless given. */
  name?: string;
}

/** What tests replace. */
export interface LockInternals {
  fs?: LockFs;
  /** How long one waits for a holder that cannot be seen and shows no sign of life. */
  silenceMs?: number;
}

const beatMs = 5_000;
const pollMs = { first: 50, last: 1_000 };

interface Owner extends ProcessIdentity {
  /** ISO 8601. */
  since: string;
}

interface Holder {
  /** Named for this holding alone, so that whoever deletes it cannot hit a later one. */
  file: string;
  /** Undefined where the file does not tell. */
  owner: Owner | undefined;
  /** When it last showed life, in ms since 1970. */
  touched: number;
}

function parseOwner(text: string): Owner | undefined {
  try {
    const owner = JSON.parse(text) as Owner;
    const { pid, host, since } = owner;
    return Number.isSafeInteger(pid) && pid > 0 && typeof host === 'string' && typeof since === 'string'
      ? owner
      : undefined;
  } catch {
    return undefined;
  }
}

/** The folder `path.lock`. It appears by one rename with a file of its holder inside, and is never replaced while that is there. */
class LockFolder {
  readonly path: string;
  readonly #fs: LockFs;

  constructor(path: string, fs: LockFs) {
    this.path = `${path}.lock`;
    this.#fs = fs;
  }

  /** Undefined when the lock is free. */
  async holder(): Promise<Holder | undefined> {
    try {
      const [inside] = await this.#fs.readdir(this.path).catch((error: unknown) => {
        if (errorCode(error) === 'ENOTDIR') return ['']; // a file that another program left here
        throw error;
      });
      if (inside === undefined) return undefined;
      const file = join(this.path, inside);
      const { mtimeMs, size } = await this.#fs.stat(file);
      const text = size < 4096 ? await this.#fs.readFile(file, 'utf8').catch(() => '') : '';
      await this.#fs.stat(file); // still there, so that empty text does not mean a release just now
      return { file, owner: parseOwner(text), touched: mtimeMs };
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw this.#failure(error);
    }
  }

  /** The file that holds the lock now, or undefined when another was faster. */
  async take(): Promise<string | undefined> {
    const [folder, id] = [dirname(this.path), randomUUID()];
    const prefix = `.lock.${basename(this.path, '.lock')}.`;
    const temporary = join(folder, `${prefix}${id}.tmp`);
    try {
      const owner: Owner = { ...(await ownIdentity()), since: new Date().toISOString() };
      await this.#fs.mkdir(temporary);
      await this.#fs.writeFile(join(temporary, id), JSON.stringify(owner));
      await this.#fs.rmdir(this.path).catch(() => {}); // Windows renames onto nothing, not even an empty folder
      if (!(await this.#rename(temporary))) return undefined;
    } catch (error) {
      throw this.#failure(error);
    } finally {
      await this.#fs.rm(temporary, { recursive: true, force: true }).catch(() => {});
    }
    await removeStale(this.#fs, folder, prefix).catch(() => {});
    return join(this.path, id);
  }

  async #rename(temporary: string): Promise<boolean> {
    try {
      await this.#fs.rename(temporary, this.path);
      return true;
    } catch (error) {
      const taken = ['EEXIST', 'ENOTEMPTY', 'ENOTDIR', ...(process.platform === 'win32' ? ['EPERM', 'EACCES'] : [])];
      if (taken.includes(errorCode(error) ?? '')) return false;
      throw error;
    }
  }

  /** Frees the lock of a holder that ended, unless somebody else has done so. */
  async clear(file: string): Promise<void> {
    await this.#fs.unlink(file).catch((error: unknown) => {
      if (errorCode(error) !== 'ENOENT') throw this.#failure(error);
    });
  }

  async release(file: string): Promise<void> {
    await this.#fs.unlink(file).catch(() => {});
    await this.#fs.rmdir(this.path).catch(() => {}); // stays where another has taken it by now
  }

  /** Shows a sign of life to those who cannot see this process. */
  async touch(file: string): Promise<void> {
    const now = new Date();
    await this.#fs.utimes(file, now, now).catch(() => {});
  }

  #failure(cause: unknown): ZooError {
    return new ZooError('WRITE_FAILED', `Could not take the lock ${this.path}. ${writeAdvice(cause)}`, { cause });
  }
}

/** The error for a lock that is held; `silence` is how long a holder that cannot be seen has shown no life, in ms. */
function inUse(name: string, lock: string, owner: Owner | undefined, silence?: number): ZooError {
  const who = owner
    ? `is in use by process ${owner.pid} on ${owner.host} since ${owner.since}`
    : `is locked by ${lock}, which does not tell by whom`;
  const shown = silence ? ` It has shown no life for ${Math.round(silence / 1000)} s.` : '';
  const unseen = ` Whether that still runs cannot be seen from here.${shown} If it has ended, delete ${lock}.`;
  return new ZooError('IN_USE', `${name} ${who}.${silence === undefined ? '' : unseen}`);
}

const stopped = (name: string, { reason }: AbortSignal): ZooError =>
  new ZooError('INTERRUPTED', `Waiting for ${name} was stopped.`, { cause: reason });

async function acquire(
  lock: LockFolder,
  { name, wait = true, signal }: FileLockOptions & { name: string },
  silenceMs: number,
): Promise<{ file: string; waited: boolean }> {
  let waited = false;
  let quiet: { file: string; touched: number; from: number } | undefined;
  let pause = pollMs.first;
  for (;;) {
    if (signal?.aborted) throw stopped(name, signal);
    const holder = await lock.holder();
    if (!holder) {
      const file = await lock.take();
      if (file) return { file, waited };
      continue;
    }
    const { file, owner, touched } = holder;
    const state = owner ? await livenessOf(owner, touched) : 'unknown';
    if (state === 'gone') {
      await lock.clear(file);
      continue;
    }
    const seen = state === 'alive';
    if (!wait) throw inUse(name, lock.path, owner, seen ? undefined : 0);
    if (seen || quiet?.file !== file || quiet.touched !== touched) quiet = { file, touched, from: performance.now() };
    else if (performance.now() - quiet.from >= silenceMs)
      throw inUse(name, lock.path, owner, performance.now() - quiet.from);
    waited = true;
    await sleep(pause, undefined, signal && { signal }).catch((error: unknown) => {
      if (!signal?.aborted) throw error; // else said above
    });
    pause = Math.min(pause * 1.5, pollMs.last);
  }
}

/**
 * Runs `use` while holding `path.lock`, so that of several processes and threads one works and the others wait, however long
 * the one is busy. `waited` tells whether another one held it before. The lock of a process or thread that ended is free at
 * once. Whether a holder on another machine or in another container has ended cannot be seen, so its lock is never taken
 * over: who waits for it gets `IN_USE` once it has shown no sign of life for two minutes.
 *
 * Throws `IN_USE`, `INTERRUPTED`, `WRITE_FAILED` when the lock cannot be made, and what `use` throws.
 */
export async function withFileLock<T>(
  path: string,
  use: (waited: boolean) => Promise<T>,
  options: FileLockOptions = {},
  { fs = nodeFs, silenceMs = 120_000 }: LockInternals = {},
): Promise<T> {
  const lock = new LockFolder(path, fs);
  const { file, waited } = await acquire(lock, { name: path, ...options }, silenceMs);
  const beat = setInterval(() => void lock.touch(file), beatMs);
  beat.unref();
  try {
    return await use(waited);
  } finally {
    clearInterval(beat);
    await lock.release(file);
  }
}
