import type { AnyModule, StateDict } from '@zoo/core';
import type { ModelRecord } from '@zoo/weights';
import type { AnyOptimizer } from '../optim/optimizer.ts';
import type { Schedule } from '../schedule/schedule.ts';
import type { Callback } from '../trainer/callback.ts';
import type { TrainingState } from '../trainer/training-state.ts';

/** A training at rest: what a safetensors file holds. */
export interface Checkpoint {
  /** `model.*`, `optimizer.*` and `callback.*`. */
  tensors: StateDict;
  /** The model's name and options, and the rest as JSON under `zoo.checkpoint`. */
  metadata: Record<string, string>;
  /** Where it came from, for errors. */
  name?: string;
}

/** The parts of a training that a checkpoint covers. */
export interface Training {
  model: AnyModule;
  modelRecord: ModelRecord;
  optimizer: AnyOptimizer;
  schedule: Schedule | undefined;
  callbacks: readonly Callback[];
  state: TrainingState;
}

export const metadataKey = 'zoo.checkpoint';

/** The tensors under `prefix.`, by the rest of their names. */
export const within = (tensors: StateDict, prefix: string): StateDict =>
  new Map(
    [...tensors].flatMap(([name, tensor]) =>
      name.startsWith(`${prefix}.`) ? [[name.slice(prefix.length + 1), tensor] as const] : [],
    ),
  );

/** The model's part of a checkpoint, for `model.loadStateDict`. */
export const checkpointModelState = (checkpoint: Checkpoint): StateDict => within(checkpoint.tensors, 'model');

/** Whether a safetensors file's metadata is that of a checkpoint. */
export const isCheckpoint = (metadata: Readonly<Record<string, string>>): boolean => metadataKey in metadata;
