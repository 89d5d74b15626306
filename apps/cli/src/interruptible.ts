import { ZooError } from '@zoo/core';
import type { CliIo } from './io.ts';

/** Runs work that Ctrl-C stops through its signal; what was stopped ends with exit code 130. */
export async function interruptible<T>(io: CliIo, what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const release = io.onInterrupt(() => controller.abort());
  try {
    return await work(controller.signal);
  } catch (error) {
    if (!controller.signal.aborted) throw error;
    throw new ZooError('INTERRUPTED', `${what} was stopped.`, { cause: error });
  } finally {
    release();
  }
}
