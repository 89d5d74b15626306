import { ZooError } from '@zoo/core';
import type { AnyOptimizer } from '../optim/optimizer.ts';
import { checkedOptions, flag, fraction, type OptionRules, positive, whole } from '../options.ts';
import { Schedule, type ScheduledValues, type ScheduleUnit } from './schedule.ts';

export interface OneCycleLROptions {
  /** The peak, the same for all groups. */
  maxLr: number;
  /** Length of the whole cycle in units, the last included. */
  totalSteps: number;
  /** Share of the cycle in which the rate rises; default 0.3. */
  pctStart?: number;
  /** The rate starts at `maxLr / divFactor`; default 25. */
  divFactor?: number;
  /** The rate ends at its start divided by this; default 1e4. */
  finalDivFactor?: number;
  /** Default 'cos'. */
  annealStrategy?: 'cos' | 'linear';
  /** Moves the momentum (Adam's first beta) against the rate; default true. */
  cycleMomentum?: boolean;
  /** Default 0.85. */
  baseMomentum?: number;
  /** Default 0.95. */
  maxMomentum?: number;
  /** Default 'step', as the policy is meant. */
  every?: ScheduleUnit;
}

const rules: OptionRules<Required<Omit<OneCycleLROptions, 'annealStrategy' | 'every'>>> = {
  maxLr: positive(Number.NaN),
  totalSteps: whole(Number.NaN, 2),
  pctStart: fraction(0.3),
  divFactor: positive(25),
  finalDivFactor: positive(1e4),
  cycleMomentum: flag(true),
  baseMomentum: fraction(0.85),
  maxMomentum: fraction(0.95),
};

const anneal = {
  cos: (from: number, to: number, t: number) => to + ((from - to) / 2) * (1 + Math.cos(Math.PI * t)),
  linear: (from: number, to: number, t: number) => from + (to - from) * t,
};

/** The 1cycle policy in two phases (Smith and Topin 2018), as `torch.optim.lr_scheduler.OneCycleLR`. */
export class OneCycleLR extends Schedule {
  readonly #options: Required<Omit<OneCycleLROptions, 'annealStrategy' | 'every'>>;
  readonly #anneal: (from: number, to: number, t: number) => number;

  constructor(optimizer: AnyOptimizer, options: OneCycleLROptions) {
    const { annealStrategy = 'cos', every = 'step', ...own } = options;
    super(optimizer, every);
    if (!Object.hasOwn(anneal, annealStrategy)) {
      throw new ZooError('INVALID_ARGUMENT', `OneCycleLR: 'annealStrategy' must be 'cos' or 'linear'.`);
    }
    this.#options = checkedOptions('OneCycleLR', rules, own);
    this.#anneal = anneal[annealStrategy];
    if (this.#options.cycleMomentum && !optimizer.paramGroups.every((g) => 'momentum' in g || 'betas' in g)) {
      throw new ZooError(
        'INVALID_ARGUMENT',
        'OneCycleLR: this optimizer has no momentum to cycle; set cycleMomentum: false.',
      );
    }
    this.apply();
  }

  valuesAt(count: number): ScheduledValues {
    const { maxLr, totalSteps, pctStart, divFactor, finalDivFactor } = this.#options;
    if (count > totalSteps) {
      throw new ZooError('INVALID_ARGUMENT', `OneCycleLR was made for ${totalSteps} steps; this is step ${count + 1}.`);
    }
    const { cycleMomentum, baseMomentum, maxMomentum } = this.#options;
    const initialLr = maxLr / divFactor;
    const peak = pctStart * totalSteps - 1;
    const rising = count < peak;
    const t = rising ? count / peak : (count - peak) / (totalSteps - 1 - peak);
    const lr = rising
      ? this.#anneal(initialLr, maxLr, t)
      : this.#anneal(maxLr, initialLr / finalDivFactor, Math.min(t, 1));
    if (!cycleMomentum) return { lr };
    const momentum = rising
      ? this.#anneal(maxMomentum, baseMomentum, t)
      : this.#anneal(baseMomentum, maxMomentum, Math.min(t, 1));
    return { lr, momentum };
  }
}
