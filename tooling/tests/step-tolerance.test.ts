import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { SGD } from '@zoo/train';
import { expect, it, vi } from 'vitest';
import { familyRegistry } from '../families.ts';
import { type Check, passed } from '../parity/check.ts';
import { checkTrain, type TrainCase } from '../parity/models.ts';

const fixture = new URL('../../packages/testing/fixtures/parity/lenet5_relu.train.json', import.meta.url);
const golden = (): TrainCase => JSON.parse(readFileSync(fixture, 'utf8')) as TrainCase;
const registry = familyRegistry();
const afterStep = (checks: Check[]): Check[] => checks.filter(({ name }) => name.includes('after SGD'));

it('allows weights after a step what float32 loses of their gradient', async () => {
  const noisy = golden();
  const name = 'features.0.bias';
  const record = noisy.grads[name]!;
  // A gradient that float32 knows to 5 %, and weights after the step that differ by as much of it.
  record.noise = 0.05;
  const share = (record.noise * noisy.sgd.lr * record.l2) / noisy.sgd.l2After[name]!;
  noisy.sgd.l2After[name]! *= 1 + share;
  const checks = afterStep(await checkTrain(noisy, registry));
  const check = checks.find((c) => c.name.endsWith(name))!;
  expect(check.error).toBeGreaterThan(1e-4);
  expect(check.tolerance).toBeCloseTo((4 * share) / (1 + share), 10);
  expect(checks.filter((c) => !passed(c))).toEqual([]);
});

it('fails a learning rate that is wrong by a hundredth', async () => {
  expect((await checkTrain(golden(), registry)).filter((c) => !passed(c))).toEqual([]);
  type Update = (value: tf.Tensor, grad: tf.Tensor, update: { options: { lr: number } }) => tf.Tensor;
  const wrong: Update = (value, grad, { options }) => tf.sub(value, tf.mul(grad, options.lr * 1.01));
  const spy = vi.spyOn(SGD.prototype as unknown as { update: Update }, 'update').mockImplementation(wrong);
  try {
    const failed = (await checkTrain(golden(), registry)).filter((c) => !passed(c));
    expect(failed.map(({ name }) => name)).toContain('lenet5_relu.train step features.0.weight');
  } finally {
    spy.mockRestore();
  }
});
