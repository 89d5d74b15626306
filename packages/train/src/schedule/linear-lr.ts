import type { AnyOptimizer } from '../optim/optimizer.ts';
import { checkedOptions, nonNegative, positive, whole } from '../options.ts';
import { Schedule, type ScheduledValues, type ScheduleOptions } from './schedule.ts';

export interface LinearLROptions extends ScheduleOptions {
  /** Factor at the start; default 1/3. */
  startFactor?: number;
  /** Factor after `totalIters` units and from then on; default 1. */
  endFactor?: number;
  /** Default 5. */
  totalIters?: number;
}

const rules = { startFactor: positive(1 / 3), endFactor: nonNegative(1), totalIters: whole(5, 1) };

/** Scales the learning rate by a factor that moves linearly from `startFactor` to `endFactor`: a warm-up. */
export class LinearLR extends Schedule {
  readonly #options: Required<Omit<LinearLROptions, 'every'>>;

  constructor(optimizer: AnyOptimizer, options: LinearLROptions = {}) {
    const { every, ...own } = options;
    super(optimizer, every);
    this.#options = checkedOptions('LinearLR', rules, own);
    this.apply();
  }

  valuesAt(count: number, baseLr: number): ScheduledValues {
    const { startFactor, endFactor, totalIters } = this.#options;
    return { lr: baseLr * (startFactor + (endFactor - startFactor) * Math.min(1, count / totalIters)) };
  }
}
