import * as tf from '@tensorflow/tfjs-core';
import { seeded } from '@zoo/core';
import { expect, test } from 'vitest';
import { Dropout } from '../src/index.ts';

const ones = (n: number) => tf.ones([n]);
const make = (p: number, seed = 1) => seeded(seed, () => new Dropout(p));

test('drops the share p and keeps the mean', async () => {
  const y = Array.from(await make(0.3).call(ones(20_000)).data());
  const dropped = y.filter((v) => v === 0).length / y.length;
  const mean = y.reduce((sum, v) => sum + v, 0) / y.length;
  // Four standard deviations of 20,000 draws.
  expect(Math.abs(dropped - 0.3)).toBeLessThan(0.013);
  expect(Math.abs(mean - 1)).toBeLessThan(0.019);
  expect(y.every((v) => v === 0 || Math.abs(v - 1 / 0.7) < 1e-6)).toBe(true);
});

test('the same seed gives the same masks, each call another, and the stream can be put back', async () => {
  const [a, b] = [make(0.5), make(0.5)];
  const state = a.rng.state();
  const first = Array.from(await a.call(ones(64)).data());
  expect(Array.from(await b.call(ones(64)).data())).toEqual(first);
  expect(Array.from(await a.call(ones(64)).data())).not.toEqual(first);
  a.rng.setState(state);
  expect(Array.from(await a.call(ones(64)).data())).toEqual(first);
});

test('is off in evaluation, in predict and at p = 0, but not when frozen', async () => {
  const all = async (y: tf.Tensor) => (await y.data()).every((v) => v === 1);
  expect(await all(make(0.5).predict(ones(64)))).toBe(true);
  expect(await all(make(0.5).eval().call(ones(64)))).toBe(true);
  expect(await all(make(0).call(ones(64)))).toBe(true);
  expect(await all(make(0.5).freeze().call(ones(64)))).toBe(false);
  expect((await make(1).call(ones(64)).data()).every((v) => v === 0)).toBe(true);
});

test('the gradient passes where the value did', async () => {
  const layer = make(0.5);
  const state = layer.rng.state();
  const y = Array.from(await layer.call(ones(64)).data());
  layer.rng.setState(state);
  const dx = tf.grad((t) => tf.sum(layer.call(t)))(ones(64));
  expect(Array.from(await dx.data())).toEqual(y);
});

test('refuses what is not a probability', () => {
  for (const p of [-0.1, 1.1, Number.NaN]) expect(() => new Dropout(p)).toThrow('between 0 and 1');
});
