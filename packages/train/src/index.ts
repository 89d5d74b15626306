export {
  type Checkpoint,
  checkpointModelState,
  isCheckpoint,
} from './checkpoint/checkpoint.ts';
export { type BceWithLogitsOptions, bceWithLogits } from './loss/bce-with-logits.ts';
export type { ClassLossOptions } from './loss/class-targets.ts';
export { type CrossEntropyOptions, crossEntropy, nll } from './loss/cross-entropy.ts';
export { type ElementwiseLossOptions, l1, mse, smoothL1 } from './loss/elementwise.ts';
export type { Reduction } from './loss/reduction.ts';
export { type AccuracyOptions, accuracy, topK } from './metric/accuracy.ts';
export { ConfusionMatrix } from './metric/confusion-matrix.ts';
export type { Metric, MetricFactory } from './metric/metric.ts';
export { Adadelta, type AdadeltaOptions } from './optim/adadelta.ts';
export { Adagrad, type AdagradOptions } from './optim/adagrad.ts';
export { Adam, type AdamOptions, AdamW } from './optim/adam.ts';
export { clipGradNorm, clipGradValue } from './optim/clip-gradients.ts';
export {
  type AnyOptimizer,
  Optimizer,
  type OptimizerOptions,
  type ParameterGroup,
  type ParameterGroupInit,
  type TrainedParameters,
  type Update,
} from './optim/optimizer.ts';
export type { OptimizerState } from './optim/optimizer-state.ts';
export { RMSprop, type RMSpropOptions } from './optim/rmsprop.ts';
export { SGD, type SGDOptions } from './optim/sgd.ts';
export { CosineAnnealingLR } from './schedule/cosine-annealing-lr.ts';
export { ExponentialLR } from './schedule/exponential-lr.ts';
export { LinearLR, type LinearLROptions } from './schedule/linear-lr.ts';
export { MultiStepLR } from './schedule/multi-step-lr.ts';
export { OneCycleLR, type OneCycleLROptions } from './schedule/one-cycle-lr.ts';
export {
  Schedule,
  type ScheduledValues,
  type ScheduleOptions,
  type ScheduleState,
  type ScheduleUnit,
} from './schedule/schedule.ts';
export { SequentialLR, warmUp } from './schedule/sequential-lr.ts';
export { StepLR } from './schedule/step-lr.ts';
export type {
  BatchInfo,
  Callback,
  CallbackState,
  EpochInfo,
  FitInfo,
  TrainerView,
} from './trainer/callback.ts';
export { EarlyStopping, type EarlyStoppingOptions } from './trainer/early-stopping.ts';
export type { Evaluation } from './trainer/evaluate.ts';
export type { Checkpointer, FitOptions } from './trainer/fit.ts';
export { type EpochRecord, History, type HistoryPoint } from './trainer/history.ts';
export type { MetricFactories } from './trainer/metric-set.ts';
export type { LossFunction } from './trainer/train-step.ts';
export { Trainer, type TrainerOptions } from './trainer/trainer.ts';
