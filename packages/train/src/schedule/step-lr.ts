import type { AnyOptimizer } from '../optim/optimizer.ts';
import { checkedOptions, positive, whole } from '../options.ts';
import { Schedule, type ScheduledValues, type ScheduleOptions } from './schedule.ts';

const rules = { stepSize: whole(Number.NaN, 1), gamma: positive(0.1) };

/** Multiplies the learning rate by `gamma` (default 0.1) every `stepSize` units. */
export class StepLR extends Schedule {
  readonly #options: { stepSize: number; gamma: number };

  constructor(optimizer: AnyOptimizer, options: { stepSize: number; gamma?: number } & ScheduleOptions) {
    const { every, ...own } = options;
    super(optimizer, every);
    this.#options = checkedOptions('StepLR', rules, own);
    this.apply();
  }

  valuesAt(count: number, baseLr: number): ScheduledValues {
    const { stepSize, gamma } = this.#options;
    return { lr: baseLr * gamma ** Math.floor(count / stepSize) };
  }
}
