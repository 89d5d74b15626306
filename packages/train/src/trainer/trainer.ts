import type * as tf from '@tensorflow/tfjs-core';
import { type BatchSource, type Module, type Parameter, ZooError } from '@zoo/core';
import type { ModelRecord } from '@zoo/weights';
import { captureCheckpoint } from '../checkpoint/capture.ts';
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { restoreCheckpoint } from '../checkpoint/restore.ts';
import type { AnyOptimizer } from '../optim/optimizer.ts';
import { refuseUnknown } from '../options.ts';
import type { Schedule } from '../schedule/schedule.ts';
import type { Callback, TrainerView } from './callback.ts';
import { type Evaluation, evaluate } from './evaluate.ts';
import { type FitOptions, runFit } from './fit.ts';
import type { History } from './history.ts';
import { type MetricFactories, MetricSet } from './metric-set.ts';
import { predictAll } from './predict.ts';
import { type LossFunction, trainedParameters } from './train-step.ts';
import { TrainingState } from './training-state.ts';

export interface TrainerOptions<Out> {
  model: Module<[tf.Tensor], Out>;
  optimizer: AnyOptimizer;
  /** The batch's mean loss from the model's output and the targets, e.g. `crossEntropy`. */
  loss: LossFunction<Out>;
  /** Advanced every epoch or every step, as it says itself. */
  schedule?: Schedule;
  /** Metrics by name; default accuracy, where targets are class labels. */
  metrics?: MetricFactories;
  callbacks?: readonly Callback[];
  /** Limit of the joint L2 norm of all gradients. */
  clipNorm?: number;
  /** Limit of each gradient entry. */
  clipValue?: number;
  /** Name and options under which checkpoints keep the model; default its class name. */
  modelRecord?: { name: string; options?: object };
  /** Steps between two reads of the losses from the device; default 20. */
  logEvery?: number;
}

const optionNames: Array<keyof TrainerOptions<unknown>> = [
  'model',
  'optimizer',
  'loss',
  'schedule',
  'metrics',
  'callbacks',
  'clipNorm',
  'clipValue',
  'modelRecord',
  'logEvery',
];

/**
 * Trains a model, and can stop and go on anywhere: its whole state is in `checkpoint()`.
 *
 * ```ts
 * const trainer = new Trainer({ model, optimizer: new SGD(model.parameters(), { lr: 0.1 }), loss: crossEntropy });
 * const history = await trainer.fit(trainLoader, { epochs: 10, validation: testLoader });
 * ```
 */
export class Trainer<Out extends tf.TensorContainer = tf.Tensor> implements TrainerView {
  readonly model: Module<[tf.Tensor], Out>;
  readonly optimizer: AnyOptimizer;
  readonly schedule: Schedule | undefined;
  readonly #options: TrainerOptions<Out>;
  readonly #callbacks: readonly Callback[];
  readonly #logEvery: number;
  readonly #state: TrainingState;
  #stopping = false;
  #fitting = false;

  constructor(options: TrainerOptions<Out>) {
    refuseUnknown('Trainer', options, optionNames);
    const { model, optimizer, schedule, metrics, callbacks = [], logEvery = 20 } = options;
    if (!Number.isInteger(logEvery) || logEvery < 1) {
      throw new ZooError('INVALID_ARGUMENT', `Trainer: 'logEvery' must be a whole number >= 1, got ${logEvery}.`);
    }
    for (const name of ['clipNorm', 'clipValue'] as const) {
      const limit = options[name];
      if (limit !== undefined && !(limit > 0)) {
        throw new ZooError('INVALID_ARGUMENT', `Trainer: '${name}' must be > 0, got ${limit}.`);
      }
    }
    if (schedule && schedule.optimizer !== optimizer) {
      throw new ZooError('INVALID_ARGUMENT', `Trainer: the schedule belongs to another optimizer.`);
    }
    this.model = model;
    this.optimizer = optimizer;
    this.schedule = schedule;
    this.#options = options;
    this.#callbacks = callbacks;
    this.#logEvery = logEvery;
    this.#state = new TrainingState(new MetricSet(metrics));
  }

  /** Epochs and points so far. */
  get history(): History {
    return this.#state.history;
  }

  /** Epochs done. */
  get epoch(): number {
    return this.#state.epoch;
  }

  /** Batches done of the current epoch. */
  get batch(): number {
    return this.#state.batch;
  }

  /** Optimizer steps so far. */
  get step(): number {
    return this.#state.step;
  }

  stop(): void {
    this.#stopping = true;
  }

  /**
   * Trains until `epochs` epochs are done in all: a second call, or one after `restore`, goes on from where training
   * stands. Throws `NUMERIC` when a loss is NaN or infinite, and `INTERRUPTED` after a complete step when `signal`
   * aborts.
   */
  async fit(source: BatchSource, options: FitOptions): Promise<History> {
    if (this.#fitting) throw new ZooError('INVALID_ARGUMENT', 'This trainer is already training.');
    this.#fitting = true;
    this.#stopping = false;
    try {
      if (options.resume) this.restore(options.resume);
      return await runFit(
        {
          trainer: this,
          parts: this.#options,
          callbacks: this.#callbacks,
          state: this.#state,
          logEvery: this.#logEvery,
          parameters: (): Parameter[] => trainedParameters(this.#options),
          evaluate: (validation, signal) => this.evaluate(validation, signal ? { signal } : {}),
          capture: () => this.checkpoint(),
          stopping: () => this.#stopping,
        },
        source,
        options,
      );
    } finally {
      // So that a checkpoint taken after an error has all of the epoch so far.
      await this.#state.settle();
      this.#fitting = false;
    }
  }

  /** Mean loss and metrics over `source`, in evaluation mode and without gradients. */
  evaluate(source: BatchSource, { signal }: { signal?: AbortSignal } = {}): Promise<Evaluation> {
    const { model, loss, metrics } = this.#options;
    return evaluate({ model, loss, metrics: new MetricSet(metrics), readEvery: this.#logEvery, signal }, source);
  }

  /** Outputs in evaluation mode: of one batch of inputs, or of all inputs of a source in its order. */
  predict(inputs: tf.Tensor | BatchSource): Promise<tf.Tensor> {
    return predictAll(this.model, inputs);
  }

  /** The whole state: model, optimizer, schedule, random streams, position, running sums and history. */
  checkpoint(): Promise<Checkpoint> {
    return captureCheckpoint(this.#training());
  }

  /**
   * Goes back, or on, to where `checkpoint` was taken. Throws `STATE_DICT_MISMATCH` or `CORRUPT_FILE` when it does not fit,
   * and then changes nothing.
   */
  restore(checkpoint: Checkpoint): void {
    restoreCheckpoint(this.#training(), checkpoint);
  }

  /** Frees the optimizer's and the metrics' tensors; the model stays. */
  dispose(): void {
    this.optimizer.dispose();
    this.#state.loss.dispose();
    this.#state.metrics.dispose();
  }

  #training() {
    const { name, options = {} } = this.#options.modelRecord ?? { name: this.model.constructor.name };
    const modelRecord: ModelRecord = { name, options: options as Record<string, unknown> };
    const { model, optimizer, schedule } = this;
    return { model, modelRecord, optimizer, schedule, callbacks: this.#callbacks, state: this.#state };
  }
}
