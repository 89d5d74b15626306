import { ZooError } from '@zoo/core';
import type { AnyOptimizer } from '../optim/optimizer.ts';
import { checkedOptions, positive } from '../options.ts';
import { Schedule, type ScheduledValues, type ScheduleOptions } from './schedule.ts';

const rules = { gamma: positive(0.1) };

/** Multiplies the learning rate by `gamma` (default 0.1) at each of the `milestones`. */
export class MultiStepLR extends Schedule {
  readonly #milestones: readonly number[];
  readonly #gamma: number;

  constructor(optimizer: AnyOptimizer, options: { milestones: readonly number[]; gamma?: number } & ScheduleOptions) {
    const { every, milestones, ...own } = options;
    super(optimizer, every);
    if (!Array.isArray(milestones) || !milestones.every((m) => Number.isInteger(m) && m >= 0)) {
      throw new ZooError('INVALID_ARGUMENT', `MultiStepLR: 'milestones' must be a list of whole numbers.`);
    }
    this.#milestones = [...milestones];
    this.#gamma = checkedOptions('MultiStepLR', rules, own).gamma;
    this.apply();
  }

  valuesAt(count: number, baseLr: number): ScheduledValues {
    return { lr: baseLr * this.#gamma ** this.#milestones.filter((m) => m <= count).length };
  }
}
