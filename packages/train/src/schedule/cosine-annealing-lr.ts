import type { AnyOptimizer } from '../optim/optimizer.ts';
import { checkedOptions, nonNegative, whole } from '../options.ts';
import { Schedule, type ScheduledValues, type ScheduleOptions } from './schedule.ts';

const rules = { tMax: whole(Number.NaN, 1), etaMin: nonNegative(0) };

/** Half a cosine from the initial learning rate to `etaMin` (default 0) in `tMax` units (SGDR, without restarts). */
export class CosineAnnealingLR extends Schedule {
  readonly #options: { tMax: number; etaMin: number };

  constructor(optimizer: AnyOptimizer, options: { tMax: number; etaMin?: number } & ScheduleOptions) {
    const { every, ...own } = options;
    super(optimizer, every);
    this.#options = checkedOptions('CosineAnnealingLR', rules, own);
    this.apply();
  }

  valuesAt(count: number, baseLr: number): ScheduledValues {
    const { tMax, etaMin } = this.#options;
    return { lr: etaMin + ((baseLr - etaMin) * (1 + Math.cos((Math.PI * count) / tMax))) / 2 };
  }
}
