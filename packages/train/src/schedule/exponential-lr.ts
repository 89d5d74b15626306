import type { AnyOptimizer } from '../optim/optimizer.ts';
import { checkedOptions, positive } from '../options.ts';
import { Schedule, type ScheduledValues, type ScheduleOptions } from './schedule.ts';

const rules = { gamma: positive(Number.NaN) };

/** Multiplies the learning rate by `gamma` in every unit. */
export class ExponentialLR extends Schedule {
  readonly #gamma: number;

  constructor(optimizer: AnyOptimizer, options: { gamma: number } & ScheduleOptions) {
    const { every, ...own } = options;
    super(optimizer, every);
    this.#gamma = checkedOptions('ExponentialLR', rules, own).gamma;
    this.apply();
  }

  valuesAt(count: number, baseLr: number): ScheduledValues {
    return { lr: baseLr * this.#gamma ** count };
  }
}
