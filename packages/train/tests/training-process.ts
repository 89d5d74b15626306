// Trains the toy net with checkpoints in argv[2], resuming if the file is there, and writes the outcome to argv[3].
// argv[4]: 'stall' never gives the last batch, so that only signals end the process.
import { existsSync, writeFileSync } from 'node:fs';
import type { BatchSource } from '@zoo/core';
import '../../../tooling/vitest/setup.ts';
import { Adam, type Checkpointer, CosineAnnealingLR, crossEntropy, EarlyStopping, Trainer } from '../src/index.ts';
import { checkpointFile, interruptible, readCheckpoint } from '../src/node.ts';
import { toyNet, toySource } from './toy.ts';

const [, , path = '', resultPath = '', mode] = process.argv;
const epochs = 12;

function stalling(source: BatchSource): BatchSource {
  return {
    ...source,
    async *epoch(...args) {
      let left = 5;
      for await (const batch of source.epoch(...args)) {
        yield batch;
        if (--left === 0) {
          console.log('stalled');
          await new Promise((resolve) => setTimeout(resolve, 1e6));
        }
      }
    },
  };
}

const model = toyNet(1);
const optimizer = new Adam(model.parameters(), { lr: 0.02 });
const trainer = new Trainer({
  model,
  optimizer,
  schedule: new CosineAnnealingLR(optimizer, { tMax: epochs * 25, every: 'step' }),
  loss: crossEntropy,
  callbacks: [new EarlyStopping({ patience: 100, restoreBest: true })],
});
const file = checkpointFile(path, { everySteps: 7 });
const checkpoint: Checkpointer = {
  ...file,
  async save(data) {
    await file.save(data);
    console.log(`saved ${trainer.step}`);
  },
};
const source = toySource({ numExamples: 200 });
const history = await interruptible({ trainer, path, howToResume: 'Run it again to resume.' }, async (signal) =>
  trainer.fit(mode === 'stall' ? stalling(source) : source, {
    epochs,
    signal,
    checkpoint,
    validation: toySource({ numExamples: 40, seed: 8 }),
    ...(existsSync(path) && { resume: await readCheckpoint(path) }),
  }),
);
const weights = [...(await model.stateDict())].map(([name, { data }]) => [name, Array.from(data, String)]);
const records = history.epochs.map(({ seconds, examplesPerSecond, ...rest }) => rest);
writeFileSync(resultPath, JSON.stringify({ records, points: history.points, weights }));
