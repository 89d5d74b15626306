import { Parameter } from '@zoo/core';
import { relativeError } from '@zoo/testing';
import { describe, expect, it } from 'vitest';
import {
  Adagrad,
  Adam,
  CosineAnnealingLR,
  ExponentialLR,
  LinearLR,
  MultiStepLR,
  OneCycleLR,
  type Schedule,
  SequentialLR,
  SGD,
  StepLR,
  warmUp,
} from '../src/index.ts';
import { readGolden } from './golden.ts';

const golden = readGolden<{ schedules: Record<string, number[]> }>('optimizers').schedules;
const sgd = (lr = 0.1) => new SGD([new Parameter([1])], { lr });

const table: Record<string, (optimizer: SGD) => Schedule> = {
  step: (o) => new StepLR(o, { stepSize: 3, gamma: 0.5 }),
  multistep: (o) => new MultiStepLR(o, { milestones: [2, 6], gamma: 0.1 }),
  exponential: (o) => new ExponentialLR(o, { gamma: 0.9 }),
  cosine: (o) => new CosineAnnealingLR(o, { tMax: 10, etaMin: 0.001 }),
  onecycle: (o) => new OneCycleLR(o, { maxLr: 0.1, totalSteps: 12 }),
  linear_warmup: (o) => new LinearLR(o, { startFactor: 0.1, endFactor: 1, totalIters: 5 }),
};

const ratesOf = (schedule: Schedule, length: number): number[] =>
  Array.from({ length }, () => {
    const [rate] = schedule.learningRates;
    schedule.step();
    return rate!;
  });

describe('schedules equal PyTorch', () => {
  for (const [name, rates] of Object.entries(golden)) {
    it(name, () => expect(relativeError(ratesOf(table[name]!(sgd()), rates.length), rates)).toBeLessThan(1e-7));

    it(`${name} continues from a saved state`, () => {
      const optimizer = sgd();
      const first = table[name]!(optimizer);
      ratesOf(first, 4);
      const second = table[name]!(sgd());
      second.loadStateDict(JSON.parse(JSON.stringify(first.stateDict())));
      for (const schedule of [first, second]) schedule.step();
      expect(ratesOf(second, 5)).toEqual(ratesOf(first, 5));
    });
  }
});

describe('schedules', () => {
  it('scale each group from its own rate', () => {
    const [a, b] = [new Parameter([1]), new Parameter([1])];
    const optimizer = new SGD([{ params: [a] }, { params: [b], lr: 0.5 }], { lr: 0.1 });
    const schedule = new StepLR(optimizer, { stepSize: 1, gamma: 0.5 });
    schedule.step();
    expect(schedule.learningRates).toEqual([0.05, 0.25]);
  });

  it('one after the other, the second from its own start', () => {
    const optimizer = sgd(1);
    const schedule = new SequentialLR(
      [new LinearLR(optimizer, { startFactor: 0.25, totalIters: 3 }), new ExponentialLR(optimizer, { gamma: 0.5 })],
      [3],
    );
    expect(ratesOf(schedule, 6)).toEqual([0.25, 0.5, 0.75, 1, 0.5, 0.25]);
  });

  it('warms up to the initial rate', () => {
    const schedule = warmUp(new StepLR(sgd(1), { stepSize: 2, gamma: 0.5 }), { length: 2, startFactor: 0.5 });
    expect(ratesOf(schedule, 7)).toEqual([0.5, 0.75, 1, 1, 0.5, 0.5, 0.25]);
  });

  it('one cycle moves the momentum against the rate', () => {
    const optimizer = new Adam([new Parameter([1])]);
    const schedule = new OneCycleLR(optimizer, { maxLr: 1, totalSteps: 11, pctStart: 0.2, annealStrategy: 'linear' });
    expect(schedule.every).toBe('step');
    const betas = Array.from({ length: 11 }, () => {
      const [beta] = optimizer.paramGroups[0]!.betas;
      schedule.step();
      return beta;
    });
    expect(betas[0]).toBe(0.95);
    expect(Math.min(...betas)).toBeCloseTo(0.858, 2);
    expect(betas.at(-1)).toBeCloseTo(0.95, 10);
    expect(() => schedule.step()).toThrow(/made for 11 steps/);
    expect(() => new OneCycleLR(new Adagrad([new Parameter([1])]), { maxLr: 1, totalSteps: 5 })).toThrow(/no momentum/);
  });

  it('refuse what they cannot use', () => {
    expect(() => new StepLR(sgd(), { stepSize: 0 })).toThrow(/'stepSize' must be a whole number >= 1/);
    expect(() => new StepLR(sgd(), { stepsize: 3 } as never)).toThrow(/Did you mean 'stepSize'/);
    expect(() => new StepLR(sgd(), { stepSize: 3, every: 'batch' as never })).toThrow(/'epoch' or 'step'/);
    expect(() => new MultiStepLR(sgd(), { milestones: [1.5] })).toThrow(/milestones/);
    expect(() => new ExponentialLR(sgd(), {} as never)).toThrow(/gamma/);
    expect(() => new SequentialLR([new StepLR(sgd(), { stepSize: 1 })], [1])).toThrow(/one milestone between/);
    const optimizer = sgd();
    const perStep = new StepLR(optimizer, { stepSize: 1, every: 'step' });
    expect(() => new SequentialLR([perStep, new StepLR(optimizer, { stepSize: 1 })], [1])).toThrow(/one unit/);
  });
});
