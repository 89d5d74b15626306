import { jsonShape, type StateDict, ZooError } from '@zoo/core';
import { refuseUnknown } from '../options.ts';
import type { Callback, CallbackState, FitInfo, TrainerView } from './callback.ts';
import { type EpochRecord, isBetter } from './history.ts';

export interface EarlyStoppingOptions {
  /** Figure of the epoch's record; default `testLoss`. Names ending in `Loss` should fall, others rise. */
  monitor?: string;
  /** Epochs without improvement that are allowed; default 3. */
  patience?: number;
  /** What counts as improvement; default 0. */
  minDelta?: number;
  /** Put the weights of the best epoch back at the end; default false. */
  restoreBest?: boolean;
}

interface Progress {
  best?: number;
  bestEpoch?: number;
  waited: number;
}

const { object, optional, number, whole } = jsonShape;
const progressShape = object({ best: optional(number), bestEpoch: optional(whole(1)), waited: whole(0) });

/** Ends a training whose monitored figure has stopped improving. */
export class EarlyStopping implements Callback {
  readonly name = 'EarlyStopping';
  readonly #options: Required<EarlyStoppingOptions>;
  #progress: Progress = { waited: 0 };
  #weights: StateDict | undefined;

  constructor(options: EarlyStoppingOptions = {}) {
    refuseUnknown('EarlyStopping', options, ['monitor', 'patience', 'minDelta', 'restoreBest']);
    const { monitor = 'testLoss', patience = 3, minDelta = 0, restoreBest = false } = options;
    if (!Number.isInteger(patience) || patience < 1) {
      throw new ZooError('INVALID_ARGUMENT', `EarlyStopping: 'patience' must be a whole number >= 1, got ${patience}.`);
    }
    this.#options = { monitor, patience, minDelta, restoreBest };
  }

  /** The epoch with the best figure so far. */
  get bestEpoch(): number | undefined {
    return this.#progress.bestEpoch;
  }

  onFitStart({ epochsDone }: FitInfo, trainer: TrainerView): void {
    if (epochsDone === 0) {
      this.#progress = { waited: 0 };
      this.#weights = undefined;
    }
    if (this.#progress.waited >= this.#options.patience) trainer.stop();
  }

  async onEpochEnd(record: EpochRecord, trainer: TrainerView): Promise<void> {
    const { monitor, patience, minDelta, restoreBest } = this.#options;
    const value = record[monitor];
    if (value === undefined) {
      const known = Object.keys(record).join(', ');
      throw new ZooError('INVALID_ARGUMENT', `EarlyStopping monitors '${monitor}', but an epoch has only ${known}.`);
    }
    const { best } = this.#progress;
    if (!Number.isNaN(value) && (best === undefined || isBetter(value, best, monitor, minDelta))) {
      this.#progress = { best: value, bestEpoch: record.epoch, waited: 0 };
      if (restoreBest) this.#weights = await trainer.model.stateDict();
    } else if (++this.#progress.waited >= patience) {
      trainer.stop();
    }
  }

  onFitEnd(_history: unknown, trainer: TrainerView): void {
    if (this.#weights) trainer.model.loadStateDict(this.#weights);
  }

  state(): CallbackState {
    return { values: { ...this.#progress }, ...(this.#weights && { tensors: this.#weights }) };
  }

  loadState({ values, tensors }: CallbackState): () => void {
    const wrong = progressShape(values, 'its state');
    if (wrong) throw new ZooError('STATE_DICT_MISMATCH', `${wrong}.`);
    return () => {
      this.#progress = { ...(values as Progress) };
      this.#weights = tensors && tensors.size > 0 ? tensors : undefined;
    };
  }
}
