import { jsonShape, ZooError } from '@zoo/core';
import { modelMetadata } from '@zoo/weights';
import { saveSafetensors } from '@zoo/weights/node';
import { allFinite } from '../checkpoint/capture.ts';
import { refuseUnknown } from '../options.ts';
import type { Callback, CallbackState, FitInfo, TrainerView } from '../trainer/callback.ts';
import { type EpochRecord, isBetter } from '../trainer/history.ts';

export interface BestCheckpointOptions {
  path: string;
  /** Figure of the epoch's record; default `testAccuracy`. Names ending in `Loss` should fall, others rise. */
  monitor?: string;
  /** Name and options of the model for the file's metadata; default its class name. */
  modelRecord?: { name: string; options?: object };
}

const { object, optional, number } = jsonShape;

/** Keeps the weights of the best epoch so far in a safetensors file, which PyTorch reads too. */
export class BestCheckpoint implements Callback {
  readonly name = 'BestCheckpoint';
  readonly #path: string;
  readonly #monitor: string;
  readonly #modelRecord: BestCheckpointOptions['modelRecord'];
  #best: number | undefined;

  constructor(options: BestCheckpointOptions) {
    refuseUnknown('BestCheckpoint', options, ['path', 'monitor', 'modelRecord']);
    this.#path = options.path;
    this.#monitor = options.monitor ?? 'testAccuracy';
    this.#modelRecord = options.modelRecord;
  }

  onFitStart({ epochsDone }: FitInfo): void {
    if (epochsDone === 0) this.#best = undefined;
  }

  async onEpochEnd(record: EpochRecord, trainer: TrainerView): Promise<void> {
    const value = record[this.#monitor];
    if (value === undefined) {
      const known = Object.keys(record).join(', ');
      throw new ZooError(
        'INVALID_ARGUMENT',
        `BestCheckpoint monitors '${this.#monitor}', but an epoch has only ${known}.`,
      );
    }
    if (Number.isNaN(value) || (this.#best !== undefined && !isBetter(value, this.#best, this.#monitor))) return;
    const state = await trainer.model.stateDict();
    if (![...state.values()].every(allFinite)) return;
    const { name, options = {} } = this.#modelRecord ?? { name: trainer.model.constructor.name };
    const figures = { 'zoo.epoch': String(record.epoch), [`zoo.${this.#monitor}`]: String(value) };
    await saveSafetensors(this.#path, state, { ...modelMetadata({ name, options }), ...figures });
    this.#best = value;
  }

  state(): CallbackState {
    return { values: { best: this.#best } };
  }

  loadState({ values }: CallbackState): () => void {
    const wrong = object({ best: optional(number) })(values, 'its state');
    if (wrong) throw new ZooError('STATE_DICT_MISMATCH', `${wrong}.`);
    const { best } = values as { best?: number };
    return () => {
      this.#best = best;
    };
  }
}
