import * as tf from '@tensorflow/tfjs-core';
import type { Batch, BatchSource } from '@zoo/core';
import { lenet_bn } from '@zoo/lenet';
import { engineState, withFailingOperation } from '@zoo/testing';
import { crossEntropy, SGD, Trainer } from '@zoo/train';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createFeatureExtractor, extractFeatures, gradCam, saliency } from '../src/index.ts';
import { toyImages } from './toy-images.ts';

let net: ReturnType<typeof lenet_bn>;
let x: tf.Tensor4D;

beforeAll(() => {
  net = lenet_bn({ seed: 1 });
  net.materialize();
  x = tf.fill([2, 28, 28, 1], 0.5);
});

afterAll(() => {
  x.dispose();
  net.dispose();
});

const source: BatchSource = {
  numExamples: 2,
  numBatches: 1,
  async *epoch(): AsyncGenerator<Batch> {
    yield { inputs: tf.clone(x), targets: tf.tensor1d([0, 1], 'int32') };
  },
};

const uses: Record<string, () => unknown> = {
  predict: () => net.predict(x),
  call: () => net.call(x),
  gradCam: () => gradCam(net, x, { layer: 'features.0' }),
  saliency: () => saliency(net, x),
  features: () => createFeatureExtractor(net, ['features.0', 'preLogits', 'logits']).predict(x),
  extractFeatures: () => extractFeatures(net, toyImages(3), { taps: ['features.0', 'preLogits'], batchSize: 2 }),
  evaluate: () => {
    const trainer = new Trainer({ model: net, loss: crossEntropy, optimizer: new SGD(net.parameters(), { lr: 1 }) });
    return trainer.evaluate(source);
  },
};

const tensorsOf = (value: unknown): tf.Tensor[] =>
  value instanceof tf.Tensor ? [value] : Object.values(value as object).filter((part) => part instanceof tf.Tensor);

it.each(Object.keys(uses))(
  'leaves nothing behind, whichever operation of %s fails',
  { timeout: 120_000 },
  async (name) => {
    const run = async (): Promise<void> => tf.dispose(tensorsOf(await uses[name]!()));
    await run();
    const before = engineState();
    const { count } = await withFailingOperation(-1, run);
    expect(engineState()).toEqual(before);
    expect(count).toBeGreaterThan(8);
    for (let at = 0; at < count; at++) {
      const { error } = await withFailingOperation(at, run);
      expect(String(error)).toContain(`Operation ${at} fails.`);
      expect([at, engineState()]).toEqual([at, before]);
    }
  },
);
