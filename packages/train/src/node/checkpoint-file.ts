import { isZooError, ZooError } from '@zoo/core';
import { readSafetensors, saveSafetensors } from '@zoo/weights/node';
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import type { Checkpointer } from '../trainer/fit.ts';

/** A trainer, as far as files are concerned. */
export interface Checkpointed {
  checkpoint(): Promise<Checkpoint>;
  restore(checkpoint: Checkpoint): void;
}

/**
 * Writes the trainer's whole state as one safetensors file. The write is atomic: whatever happens, `path` holds its
 * former content or all of the new one. Throws `NUMERIC` when losses or weights are not finite, `WRITE_FAILED` when the
 * disk is full or the folder missing.
 */
export async function saveCheckpoint(path: string, trainer: Checkpointed): Promise<void> {
  await write(path, await trainer.checkpoint());
}

const write = (path: string, { tensors, metadata }: Checkpoint): Promise<void> =>
  saveSafetensors(path, tensors, metadata);

/** Reads a checkpoint for `fit({ resume })` or `trainer.restore`, whose errors then name the file. */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  try {
    return { ...(await readSafetensors(path)), name: path };
  } catch (error) {
    if (isZooError(error) && error.message.includes(path)) throw error;
    throw new ZooError('CORRUPT_FILE', `Could not read the checkpoint ${path}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** Reads a checkpoint into `trainer`. Throws `FILE_NOT_FOUND`, `CORRUPT_FILE` or `STATE_DICT_MISMATCH`, naming the file. */
export async function loadCheckpoint(path: string, trainer: Checkpointed): Promise<void> {
  trainer.restore(await readCheckpoint(path));
}

/** For `fit({ checkpoint })`: keeps the file `path` up to date, by default after every epoch. */
export function checkpointFile(
  path: string,
  options: { everySteps?: number; everyEpochs?: number } = {},
): Checkpointer {
  return { ...options, save: (checkpoint) => write(path, checkpoint) };
}
