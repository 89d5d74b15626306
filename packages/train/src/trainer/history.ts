/** What one epoch gave. Metrics appear as `train` and `test` plus their capitalized name. */
export interface EpochRecord {
  /** Number of epochs done, from 1. */
  epoch: number;
  /** Mean loss over the epoch's examples, each at the time it was trained on. */
  trainLoss: number;
  trainAccuracy?: number;
  /** From the validation source, after the epoch. */
  testLoss?: number;
  testAccuracy?: number;
  /** Of the first parameter group, during the epoch. */
  learningRate: number;
  /** Time spent training, without validation. */
  seconds: number;
  examplesPerSecond: number;
  [figure: string]: number | undefined;
}

/** Running figures within an epoch, five times per epoch. */
export interface HistoryPoint {
  /** Epochs done, with a fraction. */
  epoch: number;
  trainLoss: number;
  trainAccuracy?: number;
}

export const pointsPerEpoch = 5;

/** Key of a metric in an epoch's record, e.g. `testAccuracy`. */
export const figureName = (phase: 'train' | 'test', metric: string): string =>
  `${phase}${metric.charAt(0).toUpperCase()}${metric.slice(1)}`;

/** The course of a training: one record per epoch, and points in between for curves. */
export class History {
  readonly epochs: EpochRecord[] = [];
  readonly points: HistoryPoint[] = [];

  get last(): EpochRecord | undefined {
    return this.epochs.at(-1);
  }

  /** The epoch with the best value of `monitor`: the highest, or the lowest where the name ends in `Loss`. */
  best(monitor: string): EpochRecord | undefined {
    let best: EpochRecord | undefined;
    for (const record of this.epochs) {
      const value = record[monitor];
      if (value === undefined || Number.isNaN(value)) continue;
      if (!best || isBetter(value, best[monitor]!, monitor)) best = record;
    }
    return best;
  }

  toJSON(): { epochs: EpochRecord[]; points: HistoryPoint[] } {
    return { epochs: this.epochs, points: this.points };
  }
}

/** Whether `value` beats `best` by more than `minDelta`; losses fall, everything else rises. */
export const isBetter = (value: number, best: number, monitor: string, minDelta = 0): boolean =>
  /loss$/i.test(monitor) ? value < best - minDelta : value > best + minDelta;
