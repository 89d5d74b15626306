import type { AnyModule, StateDict } from '@zoo/core';
import type { AnyOptimizer } from '../optim/optimizer.ts';
import type { EpochRecord, History } from './history.ts';

/** What callbacks see of a trainer. */
export interface TrainerView {
  readonly model: AnyModule;
  readonly optimizer: AnyOptimizer;
  readonly history: History;
  /** Optimizer steps so far. */
  readonly step: number;
  /** Ends the training after the current epoch. */
  stop(): void;
}

export interface FitInfo {
  /** Epochs that will have been done at the end. */
  epochs: number;
  /** Epochs done before. */
  epochsDone: number;
}

export interface EpochInfo {
  /** From 1. */
  epoch: number;
  epochs: number;
  numBatches: number;
  numExamples: number;
  /** Batches of this epoch that were done before, in a run that was resumed. */
  batchesDone: number;
}

export interface BatchInfo extends EpochInfo {
  /** From 1, within the epoch. */
  batch: number;
  /** Examples of this epoch so far. */
  examples: number;
  /** Running mean of the epoch when the losses were last read; undefined before. */
  loss: number | undefined;
  examplesPerSecond: number;
}

/** What a callback wants kept in checkpoints. */
export interface CallbackState {
  /** Plain JSON data. */
  values: unknown;
  tensors?: StateDict;
}

/** Hooks into a training. Each may be async and is awaited, in the order of the callbacks. */
export interface Callback {
  /** Under which `state` is kept in checkpoints. */
  readonly name?: string;
  onFitStart?(info: FitInfo, trainer: TrainerView): void | Promise<void>;
  onEpochStart?(info: EpochInfo, trainer: TrainerView): void | Promise<void>;
  onBatchEnd?(info: BatchInfo, trainer: TrainerView): void | Promise<void>;
  onEpochEnd?(record: EpochRecord, trainer: TrainerView): void | Promise<void>;
  onFitEnd?(history: History, trainer: TrainerView): void | Promise<void>;
  /** When `fit` is about to throw. */
  onFitError?(error: unknown, trainer: TrainerView): void | Promise<void>;
  /** What a checkpoint keeps of it; no step runs meanwhile. */
  state?(): CallbackState | Promise<CallbackState>;
  /**
   * Checks what `state` gave, changing nothing, and returns what takes it over; throws to refuse it. The function is called once
   * all parts of a checkpoint were accepted, and must not fail.
   */
  loadState?(state: CallbackState): () => void;
}
