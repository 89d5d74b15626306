import * as tf from '@tensorflow/tfjs-core';
import { cpuBackend } from '@zoo/backend-cpu';
import { createRng } from '@zoo/core';
import { CutMix, MixUp } from '@zoo/transforms';
import { beforeAll, expect, test } from 'vitest';

beforeAll(() => cpuBackend().init());

/** Three images of one value each, which is also their class. */
const batch = () => ({
  inputs: tf.tensor4d(
    Float32Array.from({ length: 3 * 8 * 10 }, (_, i) => Math.floor(i / 80)),
    [3, 8, 10, 1],
  ),
  targets: tf.tensor1d([0, 1, 2], 'int32'),
});

test('MixUp averages images and labels with one weight', async () => {
  for (let seed = 0; seed < 10; seed++) {
    const given = batch();
    const before = tf.memory().numTensors;
    const mixed = new MixUp({ numClasses: 4, alpha: 0.5 }).apply(given, createRng(seed));
    expect(tf.memory().numTensors - before).toBe(2);
    const images = await mixed.inputs.data();
    const targets = await mixed.targets.data();
    const weight = targets[0]!;
    expect([...targets].map((v) => v.toFixed(5))).toEqual(
      [weight, 0, 1 - weight, 0, 1 - weight, weight, 0, 0, 0, 1 - weight, weight, 0].map((v) => v.toFixed(5)),
    );
    expect(images[0]).toBeCloseTo((1 - weight) * 2, 5); // the first image meets the last
    expect(images[80]).toBeCloseTo(weight, 5);
    tf.dispose([given.inputs, given.targets, mixed.inputs, mixed.targets]);
  }
});

test('CutMix pastes a rectangle and mixes labels by its area', async () => {
  const areas: number[] = [];
  for (let seed = 0; seed < 40; seed++) {
    const given = batch();
    const mixed = new CutMix({ numClasses: 3 }).apply(given, createRng(seed));
    const images = await mixed.inputs.data();
    const targets = await mixed.targets.data();
    const pasted = images.slice(0, 80).filter((v) => v === 2).length;
    expect(images.slice(0, 80).every((v) => v === 0 || v === 2)).toBe(true);
    expect(targets[0]).toBeCloseTo(1 - pasted / 80, 5);
    expect(targets[2]).toBeCloseTo(pasted / 80, 5);
    areas.push(pasted);
    tf.dispose([given.inputs, given.targets, mixed.inputs, mixed.targets]);
  }
  expect(new Set(areas).size).toBeGreaterThan(8);
});

test('the weights are spread as Beta(alpha, alpha)', async () => {
  const rng = createRng(7);
  for (const [alpha, variance] of [
    [0.2, 0.1786],
    [1, 1 / 12],
    [4, 1 / 36],
  ] as const) {
    const weights: number[] = [];
    for (let i = 0; i < 600; i++) {
      const given = { inputs: tf.zeros([2, 1, 1, 1]), targets: tf.tensor1d([0, 1], 'int32') };
      const mixed = new MixUp({ numClasses: 2, alpha }).apply(given, rng);
      weights.push((await mixed.targets.data())[0]!);
      tf.dispose([given.inputs, given.targets, mixed.inputs, mixed.targets]);
    }
    const mean = weights.reduce((a, b) => a + b) / weights.length;
    expect(mean).toBeCloseTo(0.5, 1);
    expect(weights.reduce((sum, w) => sum + (w - mean) ** 2, 0) / weights.length / variance).toBeCloseTo(1, 0);
  }
});

test('what is no batch of images with labels is refused', () => {
  const given = { inputs: tf.zeros([2, 4]), targets: tf.zeros([2]) };
  expect(() => new MixUp({ numClasses: 3 }).apply(given)).toThrow(/\[2, 4\]/);
  expect(() => new CutMix({ numClasses: 1 })).toThrow(/numClasses > 1/);
});
