import type { BatchInfo, Callback, TrainerView } from '@zoo/train';
import { invalid, refuseUnknown, whole } from '../options.ts';
import { WeightAverage } from './weight-average.ts';

export interface EMAOptions {
  /** Share of the former average that an update keeps; default 0.999. */
  decay?: number;
  /**
   * Averages over few steps at first: the decay is at most `1 - (1 + updates / gamma) ** -power`. `true` is gamma 1 and
   * power 2/3, timm's defaults. Default false.
   */
  warmUp?: boolean | { gamma?: number; power?: number };
  /** Whether running statistics are averaged as the weights are, or are the model's own; default average. */
  buffers?: 'average' | 'copy';
  /** Optimizer steps between two updates; default 1. */
  every?: number;
}

/**
 * Exponential moving average of a model's weights: a callback that updates it after every step. The first update copies
 * the model, as `torch.optim.swa_utils.AveragedModel` does.
 *
 * ```ts
 * const ema = new EMA({ decay: 0.999, warmUp: true });
 * await new Trainer({ model, optimizer, loss, callbacks: [ema] }).fit(train, { epochs: 10 });
 * const { accuracy } = await ema.use(() => trainer.evaluate(test));
 * ```
 */
export class EMA extends WeightAverage implements Callback {
  readonly name = 'EMA';
  readonly #decay: number;
  readonly #warmUp: { gamma: number; power: number } | undefined;
  readonly #every: number;

  constructor(options: EMAOptions = {}) {
    refuseUnknown('EMA', options, ['decay', 'warmUp', 'buffers', 'every']);
    const { decay = 0.999, warmUp = false, buffers = 'average', every = 1 } = options;
    super(buffers);
    if (!(decay >= 0 && decay < 1)) throw invalid(`EMA: 'decay' must be in [0, 1), got ${decay}.`);
    if (warmUp) {
      const { gamma = 1, power = 2 / 3 } = warmUp === true ? {} : warmUp;
      if (!(gamma > 0 && power > 0)) throw invalid(`EMA: gamma and power must be > 0, got ${gamma} and ${power}.`);
      this.#warmUp = { gamma, power };
    }
    this.#decay = decay;
    this.#every = whole('EMA', 'every', every, 1);
  }

  /** The decay of an update when `updates` were made before. */
  decayAfter(updates: number): number {
    if (!this.#warmUp) return this.#decay;
    const { gamma, power } = this.#warmUp;
    return Math.min(this.#decay, 1 - (1 + updates / gamma) ** -power);
  }

  protected share(updates: number): number {
    return 1 - this.decayAfter(updates);
  }

  onBatchEnd(_info: BatchInfo, { model, step }: TrainerView): void {
    if (step % this.#every === 0) this.update(model);
  }
}
