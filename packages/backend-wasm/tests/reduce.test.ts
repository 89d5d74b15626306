import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { wasmBackend } from '../src/index.ts';
import { expectLikeCpu, integers, normal, pick, rngFor } from './against-cpu.ts';

beforeEach(async () => {
  await wasmBackend().init();
});

describe('sum and mean', () => {
  it('equal the cpu backend over any axes', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const rng = rngFor(seed);
      const shape = Array.from({ length: 1 + rng.int(4) }, () => pick(rng, [1, 2, 3, 5, 6, 9, 70]));
      const axes = shape.map((_, axis) => axis).filter(() => rng.int(2) === 1);
      const keepDims = rng.int(2) === 1;
      const label = JSON.stringify({ shape, axes, keepDims });
      await expectLikeCpu(label, [normal(rng, shape)], (x) => [
        tf.sum(x!, axes.length ? axes : undefined, keepDims),
        tf.mean(x!, axes.length ? axes : undefined, keepDims),
      ]);
    }
  });

  it('equal the cpu backend on integers and empty tensors', async () => {
    await expectLikeCpu('int32', [integers(rngFor(1), [4, 5, 6], 100)], (x) => tf.sum(x!, [0, 1]), 1e-12);
    await expectLikeCpu('empty', [normal(rngFor(1), [0, 3])], (x) => tf.sum(x!, 0));
  });

  it('keep their precision over many rows', async () => {
    const rows = 300_000;
    const out = tf.tidy(() => tf.sum(tf.fill([rows, 6], 0.1), 0));
    const exact = rows * Math.fround(0.1);
    for (const value of await out.data()) expect(Math.abs(value - exact) / exact).toBeLessThan(1e-6);
    out.dispose();
  });
});
