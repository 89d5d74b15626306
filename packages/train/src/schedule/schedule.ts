import { ZooError } from '@zoo/core';
import type { AnyOptimizer, ParameterGroup } from '../optim/optimizer.ts';

/** How often a trainer advances a schedule. */
export type ScheduleUnit = 'epoch' | 'step';

/** Options that every schedule has. */
export interface ScheduleOptions {
  /** Whether one unit of the schedule is an epoch (default) or an optimizer step. */
  every?: ScheduleUnit;
}

/** What a schedule sets in one parameter group. */
export interface ScheduledValues {
  lr: number;
  momentum?: number;
}

/** A schedule's place; plain data. */
export interface ScheduleState {
  count: number;
  baseLrs: number[];
}

/**
 * Base of the learning-rate schedules, after `torch.optim.lr_scheduler`. Each is a function of the count of units that
 * have passed and of the group's initial learning rate; `step()` advances the count and writes the groups.
 */
export abstract class Schedule {
  readonly every: ScheduleUnit;
  readonly optimizer: AnyOptimizer;
  #baseLrs: number[];
  #count = 0;

  constructor(optimizer: AnyOptimizer, every: ScheduleUnit = 'epoch') {
    if (every !== 'epoch' && every !== 'step') {
      throw new ZooError('INVALID_ARGUMENT', `A schedule's 'every' is 'epoch' or 'step', got '${every}'.`);
    }
    this.every = every;
    this.optimizer = optimizer;
    // The first schedule notes the rates, so that one made later on the same optimizer starts from the same ones.
    for (const group of optimizer.paramGroups) group.initialLr ??= group.lr;
    this.#baseLrs = optimizer.paramGroups.map((group) => group.initialLr!);
  }

  /** The values after `count` units for a group that began at `baseLr`. */
  abstract valuesAt(count: number, baseLr: number): ScheduledValues;

  /** Units that have passed. */
  get count(): number {
    return this.#count;
  }

  /** The learning rate of each group. */
  get learningRates(): number[] {
    return this.optimizer.paramGroups.map((group) => group.lr);
  }

  /** To be called after each unit. */
  step(): void {
    this.#count++;
    this.apply();
  }

  /** Writes the current values to the optimizer's groups. */
  protected apply(): void {
    this.optimizer.paramGroups.forEach((group, i) => {
      const { lr, momentum } = this.valuesAt(this.#count, this.#baseLrs[i]!);
      group.lr = lr;
      if (momentum !== undefined) setMomentum(group, momentum);
    });
  }

  stateDict(): ScheduleState {
    return { count: this.#count, baseLrs: [...this.#baseLrs] };
  }

  /** Takes over the place. The current rates are part of the optimizer's state, and are written anew by `step()`. */
  loadStateDict(state: ScheduleState): void {
    this.prepareStateDict(state)();
  }

  /** Checks a state and returns what takes it over. */
  prepareStateDict({ count, baseLrs }: ScheduleState): () => void {
    if (!Number.isInteger(count) || count < 0 || baseLrs.length !== this.#baseLrs.length) {
      throw new ZooError(
        'STATE_DICT_MISMATCH',
        `The schedule's state has ${baseLrs.length} learning rates and count ${count}; the optimizer has ${this.#baseLrs.length} groups.`,
      );
    }
    return () => {
      this.#count = count;
      this.#baseLrs = [...baseLrs];
    };
  }
}

function setMomentum(group: ParameterGroup & { momentum?: number; betas?: readonly [number, number] }, value: number) {
  if (group.betas) group.betas = [value, group.betas[1]];
  else group.momentum = value;
}
