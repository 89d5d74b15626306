import { ZooError } from '@zoo/core';
import { type EpochRecord, History, type HistoryPoint } from './history.ts';
import type { MetricSet } from './metric-set.ts';
import { RunningLoss, type RunningLossState } from './running-loss.ts';

/** Where a training stands, as plain data; with the tensors of model and optimizer it is all there is to know. */
export interface TrainingStateData {
  /** Epochs done, and batches done of the current one. */
  cursor: { epoch: number; batch: number };
  step: number;
  seconds: number;
  source: { numExamples: number; numBatches: number } | null;
  running: RunningLossState;
  metrics: Record<string, number[]>;
  history: { epochs: EpochRecord[]; points: HistoryPoint[] };
}

/** Position, running sums and history of a training. */
export class TrainingState {
  /** Epochs done. */
  epoch = 0;
  /** Batches done of the current epoch. */
  batch = 0;
  /** Optimizer steps so far. */
  step = 0;
  /** Training time of the current epoch. */
  seconds = 0;
  source: TrainingStateData['source'] = null;
  readonly history = new History();
  readonly loss = new RunningLoss();
  readonly metrics: MetricSet;

  constructor(metrics: MetricSet) {
    this.metrics = metrics;
  }

  /** Fetches the waiting losses and refuses any that is not finite. */
  async readLosses(): Promise<void> {
    const bad = await this.loss.read();
    if (!bad) return;
    throw new ZooError(
      'NUMERIC',
      `The loss became ${bad.value} in epoch ${this.epoch + 1}, step ${bad.step}. Lower the learning rate, clip the gradients (clipNorm), or look for labels out of range. Checkpoints hold the state of an earlier step.`,
    );
  }

  /** Moves the running sums to the host, whatever the losses are; what cannot be read is dropped. */
  async settle(): Promise<void> {
    await this.loss.read().catch(() => this.loss.dispose());
    await this.metrics.state().catch(() => this.metrics.dispose());
  }

  /** Begins the next epoch. */
  advance(): void {
    this.epoch++;
    this.batch = 0;
    this.seconds = 0;
    this.loss.reset();
    this.metrics.reset();
  }

  async data(): Promise<TrainingStateData> {
    await this.readLosses();
    return {
      cursor: { epoch: this.epoch, batch: this.batch },
      step: this.step,
      seconds: this.seconds,
      source: this.source,
      running: this.loss.state(),
      metrics: await this.metrics.state(),
      history: this.history.toJSON(),
    };
  }

  load(data: TrainingStateData, metrics: MetricSet): void {
    this.metrics.takeOver(metrics);
    this.loss.loadState(data.running);
    this.epoch = data.cursor.epoch;
    this.batch = data.cursor.batch;
    this.step = data.step;
    this.seconds = data.seconds;
    this.source = data.source;
    this.history.epochs.splice(0, Number.POSITIVE_INFINITY, ...data.history.epochs);
    this.history.points.splice(0, Number.POSITIVE_INFINITY, ...data.history.points);
  }
}
