import * as tf from '@tensorflow/tfjs-core';
import { createRng } from '@zoo/core';
import { averageLogits, fitTemperature, fitWeights, selectWeights, softVote } from '@zoo/ensemble';
import { describe, expect, it } from 'vitest';
import { minimizeOnSimplex } from '../src/fit/minimize-on-simplex.ts';
import { values } from './toy.ts';

const n = 120;
const labels = Int32Array.from({ length: n }, (_, i) => i % 3);

/** Logits that are right up to noise: `sharpness` for the true class. */
function member(seed: number, { sharpness = 1.5, noise = 1, knows = [0, 1, 2] } = {}): tf.Tensor2D {
  const rng = createRng(seed);
  const data = Float32Array.from({ length: n * 3 }, (_, i) => {
    const label = labels[Math.floor(i / 3)]!;
    return noise * rng.normal() + (i % 3 === label && knows.includes(label) ? sharpness : 0);
  });
  return tf.tensor2d(data, [n, 3]);
}

async function nllOf(probabilities: tf.Tensor): Promise<number> {
  const p = await values(probabilities);
  return -labels.reduce((sum, label, i) => sum + Math.log(p[i * 3 + label]!), 0) / n;
}

describe('minimizeOnSimplex', () => {
  it('finds the nearest point of the simplex', () => {
    const nearest = (target: number[]) =>
      minimizeOnSimplex(
        (w) => ({
          value: w.reduce((sum, x, i) => sum + (x - target[i]!) ** 2, 0),
          gradient: w.map((x, i) => 2 * (x - target[i]!)),
        }),
        target.length,
      );
    const inside = nearest([0.2, 0.3, 0.5]);
    expect(inside.gap).toBeLessThanOrEqual(1e-7);
    for (const [i, w] of [0.2, 0.3, 0.5].entries()) expect(inside.weights[i]).toBeCloseTo(w, 3);
    const corner = nearest([2, 0, -1]);
    expect(corner.weights[0]).toBeCloseTo(1, 5);
  });
});

describe('fitWeights', () => {
  it.each(['probabilities', 'logits'] as const)('finds the best average of %s', async (average) => {
    const outputs = [member(1), member(2, { noise: 2 }), member(3, { knows: [2] })];
    const combine = average === 'probabilities' ? softVote : averageLogits;
    const before = tf.memory().numTensors;
    const found = await fitWeights(outputs, labels, { average });
    expect(tf.memory().numTensors).toBe(before);
    expect(found.weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 10);
    expect(await nllOf(combine(outputs, found))).toBeCloseTo(found.nll, 4);
    // Nothing on a grid over the simplex is better.
    for (let i = 0; i <= 4; i++) {
      for (let j = 0; i + j <= 4; j++) {
        const nll = await nllOf(combine(outputs, { weights: [i / 4, j / 4, (4 - i - j) / 4] }));
        expect(nll).toBeGreaterThan(found.nll - 1e-4);
      }
    }
    tf.dispose(outputs);
  });

  it('leaves a useless member out', async () => {
    const outputs = [member(1, { sharpness: 4 }), member(2, { sharpness: -4 })];
    expect((await fitWeights(outputs, labels)).weights).toEqual([1, 0]);
  });

  it('calibrates the members first where asked', async () => {
    const good = member(1);
    const overconfident = tf.mul<tf.Tensor2D>(good, 5);
    const { temperatures, nll } = await fitWeights([good, overconfident], labels, { calibrate: true });
    const alone = await fitWeights([overconfident], labels);
    expect(temperatures[1]! / temperatures[0]!).toBeCloseTo(5, 3);
    expect(nll).toBeCloseTo((await fitWeights([good], labels, { calibrate: true })).nll, 5);
    expect(nll).toBeLessThan(alone.nll - 0.1);
  });

  it('refuses what cannot be fitted', async () => {
    const output = member(1);
    await expect(fitWeights([], labels)).rejects.toThrow(/at least one member/);
    await expect(fitWeights([output, tf.zeros([n, 4])], labels)).rejects.toThrow(/differ in their classes/);
    await expect(fitWeights([output], labels.subarray(1))).rejects.toThrow(
      /120 outputs of each member, but 119 labels/,
    );
    await expect(
      fitWeights(
        [output],
        labels.map((l) => l + 1),
      ),
    ).rejects.toThrow(/example 2 has label 3/);
    await expect(fitWeights([tf.fill([n, 3], Number.NaN)], labels)).rejects.toThrow(
      /the logits of member 0 of 120 of 120 rows are not finite.*NaN in example 0/,
    );
    await expect(fitWeights([output], labels, { average: 'votes' } as never)).rejects.toThrow(/'average' is/);
    await expect(fitWeights([tf.zeros([0, 3])], [])).rejects.toThrow(/0 outputs/);
  });
});

describe('fitTemperature', () => {
  it('is the temperature of the lowest loss', async () => {
    const logits = tf.mul<tf.Tensor2D>(member(4), 3);
    const best = await fitTemperature(logits, labels);
    const nll = (t: number) => nllOf(softVote([logits], { temperatures: [t] }));
    expect(await nll(best)).toBeLessThan(Math.min(await nll(best * 1.1), await nll(best / 1.1)));
  });

  it('ends at its bounds where the loss has no minimum', async () => {
    const certain = tf.mul(tf.oneHot(tf.tensor1d(labels, 'int32'), 3), 5);
    expect(await fitTemperature(certain, labels)).toBeCloseTo(0.1, 6);
    expect(await fitTemperature(tf.neg(certain), labels)).toBeCloseTo(10, 4);
  });
});

describe('selectWeights', () => {
  it('is at least as accurate as the best member, and as what its weights give', async () => {
    const outputs = [member(1), member(2), member(3, { noise: 2 }), member(5)];
    const single = await Promise.all(outputs.map(async (output) => (await selectWeights([output], labels)).accuracy));
    const found = await selectWeights(outputs, labels, { rounds: 20 });
    expect(found.accuracy).toBeGreaterThanOrEqual(Math.max(...single));
    expect(found.weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 10);
    const decided = await values(tf.argMax(softVote(outputs, found), -1));
    expect(decided.filter((k, i) => k === labels[i]).length / n).toBeCloseTo(found.accuracy, 6);
  });

  it('takes a perfect member alone', async () => {
    const perfect = tf.mul(tf.oneHot(tf.tensor1d(labels, 'int32'), 3), 20);
    const found = await selectWeights([member(1, { sharpness: 0 }), perfect], labels);
    expect(found).toMatchObject({ weights: [0, 1], accuracy: 1 });
    await expect(selectWeights([perfect], labels, { rounds: 0 })).rejects.toThrow(/'rounds'/);
  });
});
