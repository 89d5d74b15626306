import * as tf from '@tensorflow/tfjs-core';
import type { Batch, BatchSource } from '@zoo/core';
import { Adam, crossEntropy, Trainer } from '@zoo/train';
import { describe, expect, it } from 'vitest';
import { FeatureEnsemble } from '../src/index.ts';

/** Features of the course notes' three backbones. */
const features = { resnet: 8192, inception: 131072, densenet: 82944 };
const width = Object.values(features).reduce((sum, size) => sum + size, 0);
const batchSize = 64;

const batches = (numBatches: number): BatchSource => ({
  numExamples: batchSize * numBatches,
  numBatches,
  async *epoch(): AsyncGenerator<Batch> {
    for (let seed = 0; seed < numBatches; seed++) {
      const targets = tf.tensor1d(Int32Array.from({ length: batchSize }, (_, i) => i % 2));
      yield { inputs: tf.randomUniform([batchSize, width], 0, 1, 'float32', seed), targets };
    }
  },
});

function newTrainer(hidden: number) {
  const model = new FeatureEnsemble({ features, hidden, numClasses: 2, seed: 1 });
  const seconds: number[] = [];
  let start = performance.now();
  const timer = {
    onBatchEnd: () => {
      seconds.push((performance.now() - start) / 1000);
      start = performance.now();
    },
  };
  const optimizer = new Adam(model.parameters(), { lr: 1e-4 });
  return {
    seconds,
    model,
    optimizer,
    trainer: new Trainer({ model, optimizer, loss: crossEntropy, callbacks: [timer], logEvery: 1 }),
  };
}

// WebAssembly's memory ends at 4 GB: weights, two moments and gradients of the first net take 1.8 of them, of the second 3.6.
describe("the notes' ensemble with Adam", () => {
  it('of 114 million parameters trains', async () => {
    const { model, optimizer, trainer, seconds } = newTrainer(512);
    expect(model.parameters().reduce((sum, { size }) => sum + size, 0)).toBe(113_773_058);
    const history = await trainer.fit(batches(6), { epochs: 1 });
    console.log(`seconds per step: ${seconds.map((s) => s.toFixed(1)).join(', ')}`);
    expect(history.last!.trainLoss).toBeGreaterThan(0);
    optimizer.dispose();
    model.dispose();
  });

  it.runIf(tf.getBackend() === 'wasm')(
    'of 228 million is refused with the sizes, and the engine works on',
    async () => {
      const { model, optimizer, trainer } = newTrainer(1024);
      const failure = await trainer.fit(batches(2), { epochs: 1 }).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'BACKEND_FAILED', message: expect.stringMatching(/\d+ MB/) });
      console.log((failure as Error).message);
      optimizer.dispose();
      model.dispose();
      expect([...(await tf.add(tf.ones([3]), 1).data())]).toEqual([2, 2, 2]);
    },
  );
});
