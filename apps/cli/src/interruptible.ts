import { ZooError } from '@zoo/core';
import type { CliIo } from './io.ts';

/**
 * Runs work that Ctrl-C stops through its signal; what was stopped ends with exit code 130. `lost` says what a second
 * Ctrl-C costs, which does not wait for the work to stop.
 */
export async function interruptible<T>(
  io: CliIo,
  what: string,
  work: (signal: AbortSignal) => Promise<T>,
  lost = 'Its result is lost.',
): Promise<T> {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) return;
    io.err(`${io.errIsTerminal ? '\n' : ''}Stopping. Ctrl-C again ends at once.\n`);
    controller.abort();
  };
  const release = io.onInterrupt(stop, () => `${what} was ended at once. ${lost}`);
  try {
    return await work(controller.signal);
  } catch (error) {
    if (!controller.signal.aborted) throw error;
    throw new ZooError('INTERRUPTED', `${what} was stopped.`, { cause: error });
  } finally {
    release();
  }
}
