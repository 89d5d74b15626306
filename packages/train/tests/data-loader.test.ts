import { createRng, Sequential, seeded } from '@zoo/core';
import { DataLoader, linearRegressionData } from '@zoo/datasets';
import { Linear } from '@zoo/layers';
import { expect, it } from 'vitest';
import { type Checkpoint, mse, SGD, Trainer } from '../src/index.ts';

const data = linearRegressionData({ weights: [2, -3.4], bias: 4.2, numExamples: 200, noise: 0.01, seed: 1 });
const loader = () => new DataLoader(data, { batchSize: 16, shuffle: true, seed: 3 });

function newTrainer(seed: number) {
  const model = seeded(seed, () => new Sequential(new Linear(2, 1)));
  return new Trainer({ model, optimizer: new SGD(model.parameters(), { lr: 0.03, momentum: 0.5 }), loss: mse });
}

it('finds the weights of linear data that a DataLoader shuffles', async () => {
  const trainer = newTrainer(1);
  const history = await trainer.fit(loader(), { epochs: 6 });
  expect(history.last!.trainLoss).toBeLessThan(1e-3);
  const state = await trainer.model.stateDict();
  const values = [...state.values()].flatMap(({ data: v }) => [...(v as Float32Array)]);
  [2, -3.4, 4.2].forEach((expected, i) => {
    expect(values[i]).toBeCloseTo(expected, 1);
  });
});

it('goes on within an epoch that a DataLoader shuffles, exactly', async () => {
  const whole = newTrainer(1);
  const kept: Checkpoint[] = [];
  const checkpoint = { everySteps: 5, save: async (c: Checkpoint) => void kept.push(c) };
  const history = await whole.fit(loader(), { epochs: 3, checkpoint });
  const resume = kept[createRng(5).int(kept.length)]!;
  const resumed = await newTrainer(2).fit(loader(), { epochs: 3, resume });
  expect(resumed.epochs.map((r) => r.trainLoss)).toEqual(history.epochs.map((r) => r.trainLoss));
});
