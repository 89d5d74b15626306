export { BestCheckpoint, type BestCheckpointOptions } from './node/best-checkpoint.ts';
export {
  type Checkpointed,
  checkpointFile,
  loadCheckpoint,
  readCheckpoint,
  saveCheckpoint,
} from './node/checkpoint-file.ts';
export { type InterruptibleOptions, interruptible } from './node/interruptible.ts';
export { formatEpoch, type ProgressBarOptions, progressBar } from './node/progress-bar.ts';
