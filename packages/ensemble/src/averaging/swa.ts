import type { Callback, EpochRecord, TrainerView } from '@zoo/train';
import { refuseUnknown, whole } from '../options.ts';
import { WeightAverage } from './weight-average.ts';

export interface SWAOptions {
  /** First epoch, from 1, whose end is averaged; default 1. */
  start?: number;
  /** Epochs between two updates; default 1. */
  every?: number;
  /** Whether running statistics are averaged as the weights are, or are the model's own; default copy. */
  buffers?: 'average' | 'copy';
}

/**
 * Stochastic weight averaging (Izmailov et al., 2018): a callback that keeps the plain mean of the weights at the ends
 * of epochs, as `torch.optim.swa_utils.AveragedModel` does. Batch norms need `updateBatchNorm` with the mean in place.
 */
export class SWA extends WeightAverage implements Callback {
  readonly name = 'SWA';
  readonly #start: number;
  readonly #every: number;

  constructor(options: SWAOptions = {}) {
    refuseUnknown('SWA', options, ['start', 'every', 'buffers']);
    const { start = 1, every = 1, buffers = 'copy' } = options;
    super(buffers);
    this.#start = whole('SWA', 'start', start, 1);
    this.#every = whole('SWA', 'every', every, 1);
  }

  protected share(updates: number): number {
    return 1 / (updates + 1);
  }

  onEpochEnd({ epoch }: EpochRecord, { model }: TrainerView): void {
    const since = epoch - this.#start;
    if (since >= 0 && since % this.#every === 0) this.update(model);
  }
}
