import { ZooError } from '@zoo/core';
import { LinearLR } from './linear-lr.ts';
import { Schedule, type ScheduledValues } from './schedule.ts';

/** One schedule after the other: number i + 1 begins, at its own start, when the count reaches `milestones[i]`. */
export class SequentialLR extends Schedule {
  readonly #schedules: readonly Schedule[];
  readonly #milestones: readonly number[];

  constructor(schedules: readonly Schedule[], milestones: readonly number[]) {
    const [first] = schedules;
    if (!first || milestones.length !== schedules.length - 1) {
      throw new ZooError(
        'INVALID_ARGUMENT',
        'SequentialLR needs schedules and one milestone between each two of them.',
      );
    }
    if (schedules.some((s) => s.optimizer !== first.optimizer || s.every !== first.every)) {
      throw new ZooError('INVALID_ARGUMENT', 'SequentialLR: all schedules must have one optimizer and one unit.');
    }
    if (!milestones.every((m, i) => Number.isInteger(m) && m > (milestones[i - 1] ?? 0))) {
      throw new ZooError('INVALID_ARGUMENT', 'SequentialLR: milestones must be whole numbers that rise.');
    }
    super(first.optimizer, first.every);
    this.#schedules = [...schedules];
    this.#milestones = [...milestones];
    this.apply();
  }

  valuesAt(count: number, baseLr: number): ScheduledValues {
    const active = this.#milestones.filter((m) => m <= count).length;
    return this.#schedules[active]!.valuesAt(count - (this.#milestones[active - 1] ?? 0), baseLr);
  }
}

/** `length` units of linear warm-up from `startFactor` (default 0.1) of the initial rate, then `schedule`. */
export function warmUp(schedule: Schedule, options: { length: number; startFactor?: number }): SequentialLR {
  const { length, startFactor = 0.1 } = options;
  const warm = new LinearLR(schedule.optimizer, { startFactor, totalIters: length, every: schedule.every });
  return new SequentialLR([warm, schedule], [length]);
}
