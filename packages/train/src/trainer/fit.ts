import * as tf from '@tensorflow/tfjs-core';
import { type BatchSource, type Parameter, ZooError } from '@zoo/core';
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { refuseUnknown } from '../options.ts';
import { brokenTensor } from './broken-tensor.ts';
import type { Callback, EpochInfo } from './callback.ts';
import { type Evaluation, interrupted } from './evaluate.ts';
import { EventLoopShare } from './event-loop.ts';
import { type EpochRecord, figureName, type History, pointsPerEpoch } from './history.ts';
import { type StepParts, trainStep } from './train-step.ts';
import type { Trainer } from './trainer.ts';
import type { TrainingState } from './training-state.ts';

/** Where and when checkpoints go; `@zoo/train/node` has one that writes files. */
export interface Checkpointer {
  /** Save after every so many steps. */
  everySteps?: number;
  /** Save after every so many epochs. The end of the training is saved too. */
  everyEpochs?: number;
  save(checkpoint: Checkpoint): Promise<void>;
}

export interface FitOptions {
  /** Epochs that are to be done in all, those of earlier calls and of a resumed run included. */
  epochs: number;
  /** Evaluated after each epoch. */
  validation?: BatchSource;
  /** Stops after the current step; `fit` then throws `INTERRUPTED`. */
  signal?: AbortSignal;
  /** A checkpoint to go on from. */
  resume?: Checkpoint;
  checkpoint?: Checkpointer;
}

const optionNames: Array<keyof FitOptions> = ['epochs', 'validation', 'signal', 'resume', 'checkpoint'];

export interface FitRun<Out extends tf.TensorContainer> {
  trainer: Trainer<Out>;
  parts: StepParts<Out>;
  callbacks: readonly Callback[];
  state: TrainingState;
  logEvery: number;
  parameters(): Parameter[];
  evaluate(source: BatchSource, signal: AbortSignal | undefined): Promise<Evaluation>;
  capture(): Promise<Checkpoint>;
  stopping(): boolean;
}

/** Calls one hook of all callbacks, in order. */
async function notify(run: Pick<FitRun<tf.Tensor>, 'callbacks'>, call: (callback: Callback) => unknown): Promise<void> {
  for (const callback of run.callbacks) {
    const result = call(callback);
    if (result) await result;
  }
}

function checkFit({ state }: { state: TrainingState }, source: BatchSource, options: FitOptions): void {
  refuseUnknown('fit', options, optionNames);
  const { epochs, checkpoint } = options;
  for (const [name, value] of Object.entries({
    epochs,
    'checkpoint.everySteps': checkpoint?.everySteps,
    'checkpoint.everyEpochs': checkpoint?.everyEpochs,
  })) {
    if (name !== 'epochs' && value === undefined) continue;
    if (Number.isInteger(value) && value! >= 1) continue;
    throw new ZooError('INVALID_ARGUMENT', `fit: '${name}' must be a whole number >= 1, got ${value}.`);
  }
  const { numExamples, numBatches } = source;
  if (numBatches < 1) throw new ZooError('INVALID_ARGUMENT', 'fit: the source to train on has no batches.');
  const former = state.source;
  if (state.batch > 0 && former && (former.numExamples !== numExamples || former.numBatches !== numBatches)) {
    throw new ZooError(
      'INVALID_CONFIG',
      `fit: training stopped within an epoch of ${former.numExamples} examples in ${former.numBatches} batches, but this source has ${numExamples} in ${numBatches}. Use the same data and batch size to go on.`,
    );
  }
  state.source = { numExamples, numBatches };
}

export async function runFit<Out extends tf.TensorContainer>(
  run: FitRun<Out>,
  source: BatchSource,
  options: FitOptions,
): Promise<History> {
  const { trainer, state } = run;
  checkFit(run, source, options);
  const { epochs, checkpoint } = options;
  let saved = '';
  const place = () => `${state.epoch} ${state.batch}`;
  const save = async () => {
    await checkpoint?.save(await run.capture());
    saved = place();
  };
  try {
    trainer.model.train();
    await notify(run, (c) => c.onFitStart?.({ epochs, epochsDone: state.epoch }, trainer));
    while (state.epoch < epochs && !run.stopping()) {
      await trainEpoch(run, source, { ...options, save });
      const everyEpochs = checkpoint?.everyEpochs ?? (checkpoint?.everySteps === undefined ? 1 : 0);
      if (everyEpochs > 0 && state.epoch % everyEpochs === 0) await save();
    }
    if (checkpoint && saved !== place()) await save();
    await notify(run, (c) => c.onFitEnd?.(state.history, trainer));
    return state.history;
  } catch (error) {
    await notify(run, (c) => c.onFitError?.(error, trainer));
    throw error;
  }
}

async function trainEpoch<Out extends tf.TensorContainer>(
  run: FitRun<Out>,
  source: BatchSource,
  options: FitOptions & { save(): Promise<void> },
): Promise<void> {
  const { trainer, state } = run;
  const { signal, validation } = options;
  const { numBatches, numExamples } = source;
  const info: EpochInfo = {
    epoch: state.epoch + 1,
    epochs: options.epochs,
    numBatches,
    numExamples,
    batchesDone: state.batch,
  };
  await notify(run, (c) => c.onEpochStart?.(info, trainer));
  if (state.batch < numBatches) await trainBatches(run, source, { ...options, info });
  await state.readLosses();

  const record: EpochRecord = {
    epoch: info.epoch,
    trainLoss: state.loss.mean ?? Number.NaN,
    learningRate: trainer.optimizer.paramGroups[0]!.lr,
    seconds: state.seconds,
    examplesPerSecond: state.loss.state().examples / state.seconds,
  };
  for (const [name, value] of Object.entries(await state.metrics.compute())) record[figureName('train', name)] = value;
  if (validation) {
    const { examples: _count, ...figures } = await run.evaluate(validation, signal);
    for (const [name, value] of Object.entries(figures)) record[figureName('test', name)] = value;
  }
  state.history.epochs.push(record);
  if (trainer.schedule?.every === 'epoch') trainer.schedule.step();
  state.advance();
  await notify(run, (c) => c.onEpochEnd?.(record, trainer));
}

async function trainBatches<Out extends tf.TensorContainer>(
  run: FitRun<Out>,
  source: BatchSource,
  options: FitOptions & { save(): Promise<void>; info: EpochInfo },
): Promise<void> {
  const { trainer, state, parts } = run;
  const { signal, checkpoint, info } = options;
  const { numBatches } = source;
  const parameters = run.parameters();
  const share = new EventLoopShare();
  const before = state.seconds;
  const began = performance.now();
  let examples = state.loss.state().examples;
  const alreadyDone = examples;
  for await (const batch of source.epoch(state.epoch, { start: state.batch })) {
    const [n = 0] = batch.inputs.shape;
    try {
      const loss = trainStep(parts, batch, { parameters, metrics: state.metrics });
      state.loss.add(loss, { examples: n, step: state.step + 1 });
    } finally {
      tf.dispose([batch.inputs, batch.targets]);
    }
    examples += n;
    state.step++;
    state.batch++;
    if (trainer.schedule?.every === 'step') trainer.schedule.step();
    if (state.step % run.logEvery === 0) {
      await state.readLosses();
      await refuseBroken(run, parameters);
    }
    if (passesPoint(state.batch, numBatches)) await notePoint(state, numBatches);
    const elapsed = (performance.now() - began) / 1000;
    state.seconds = before + elapsed;
    const { batch: done, loss } = state;
    const examplesPerSecond = (examples - alreadyDone) / elapsed;
    await notify(run, (c) =>
      c.onBatchEnd?.({ ...info, batch: done, examples, loss: loss.mean, examplesPerSecond }, trainer),
    );
    if (checkpoint?.everySteps && state.step % checkpoint.everySteps === 0) await options.save();
    await share.give();
    if (signal?.aborted) {
      await state.readLosses();
      throw interrupted('The training');
    }
  }
  await state.readLosses();
  await refuseBroken(run, parameters);
  if (state.batch !== numBatches) {
    throw new ZooError(
      'INVALID_ARGUMENT',
      `The source promised ${numBatches} batches but gave ${state.batch} in epoch ${info.epoch}.`,
    );
  }
}

async function refuseBroken<Out extends tf.TensorContainer>(
  { trainer, state }: FitRun<Out>,
  parameters: readonly Parameter[],
): Promise<void> {
  const broken = await brokenTensor(trainer.model, parameters);
  if (broken === undefined) return;
  throw new ZooError(
    'NUMERIC',
    `${broken} became NaN or infinite by epoch ${state.epoch + 1}, step ${state.step}, though the loss did not. Lower the learning rate, clip the gradients (clipNorm), or look for inputs that are not finite or very large. Checkpoints hold the state of an earlier step.`,
  );
}

const passesPoint = (batch: number, numBatches: number): boolean =>
  Math.floor((batch * pointsPerEpoch) / numBatches) > Math.floor(((batch - 1) * pointsPerEpoch) / numBatches);

async function notePoint(state: TrainingState, numBatches: number): Promise<void> {
  await state.readLosses();
  const { accuracy } = await state.metrics.compute();
  const point = { epoch: state.epoch + state.batch / numBatches, trainLoss: state.loss.mean! };
  state.history.points.push(accuracy === undefined ? point : { ...point, trainAccuracy: accuracy });
}
