import { readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

const beatMs = 2_000;
const staleAfterMs = 15_000;
const pollMs = 100;

const owner = (): string => `${hostname()} ${process.pid}`;

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Whether whoever holds the lock is gone: its process ended, or it has not touched the file for long. */
async function isAbandoned(lock: string): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(lock);
    if (Date.now() - mtimeMs > staleAfterMs) return true;
    const [host, pid] = (await readFile(lock, 'utf8')).split(' ');
    return host === hostname() && Number(pid) > 0 && !isRunning(Number(pid));
  } catch {
    return false; // released just now
  }
}

/**
 * Runs `use` while holding `path.lock`, so that of several processes one works and the others wait. `waited` tells whether
 * another one held it before. The lock of a process that died is taken over; should two take it over at once, both run,
 * so `use` must stay correct then, only slower. Throws what the file system says when the lock cannot be made.
 */
export async function withFileLock<T>(
  path: string,
  use: (waited: boolean) => Promise<T>,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<T> {
  const lock = `${path}.lock`;
  let waited = false;
  for (;;) {
    signal?.throwIfAborted();
    try {
      await writeFile(lock, owner(), { flag: 'wx' });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (await isAbandoned(lock)) await rm(lock, { force: true });
    else {
      waited = true;
      await sleep(pollMs, undefined, signal && { signal });
    }
  }
  const beat = setInterval(() => void utimes(lock, new Date(), new Date()).catch(() => {}), beatMs);
  beat.unref();
  try {
    return await use(waited);
  } finally {
    clearInterval(beat);
    await rm(lock, { force: true });
  }
}
