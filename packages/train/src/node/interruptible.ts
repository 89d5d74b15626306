import { isZooError } from '@zoo/core';
import { type Checkpointed, saveCheckpoint } from './checkpoint-file.ts';

/** Exit status of a process ended by Ctrl-C. */
const interruptedStatus = 130;

export interface InterruptibleOptions {
  trainer: Checkpointed;
  /** Where the checkpoint goes. */
  path: string;
  /** What to tell the user, e.g. `Resume with: zoo train ... --resume run.safetensors`. */
  howToResume: string;
}

/**
 * Runs a training that Ctrl-C can stop without loss: the step is finished, the checkpoint saved, `howToResume` printed
 * on stderr, and the process exits with 130. A second Ctrl-C exits at once.
 *
 * ```ts
 * await interruptible({ trainer, path, howToResume }, (signal) => trainer.fit(loader, { epochs: 10, signal }));
 * ```
 */
export async function interruptible<T>(
  { trainer, path, howToResume }: InterruptibleOptions,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const onInterrupt = () => {
    if (controller.signal.aborted) {
      process.stderr.write('Ended at once: steps after the last checkpoint are lost.\n');
      process.exit(interruptedStatus);
    }
    process.stderr.write('\nStopping after this step, then saving. Ctrl-C again exits at once.\n');
    controller.abort();
  };
  process.on('SIGINT', onInterrupt);
  try {
    return await run(controller.signal);
  } catch (error) {
    if (!controller.signal.aborted || !isZooError(error) || error.code !== 'INTERRUPTED') throw error;
    await saveCheckpoint(path, trainer);
    process.stderr.write(`Saved ${path}. ${howToResume}\n`);
    process.exit(interruptedStatus);
  } finally {
    process.off('SIGINT', onInterrupt);
  }
}
