import * as tf from '@tensorflow/tfjs-core';
import { averageLogits, hardVote, softVote } from '@zoo/ensemble';
import { describe, expect, it } from 'vitest';
import { values } from './toy.ts';

const softmax = (row: number[]): number[] => {
  const powers = row.map((z) => Math.exp(z));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((p) => p / sum);
};
const close = (found: number[], wanted: number[]) => {
  expect(found.length).toBe(wanted.length);
  for (const [i, x] of wanted.entries()) expect(found[i]).toBeCloseTo(x, 5);
};

describe('votes', () => {
  const rows = [
    [1, 2, -1],
    [0, -3, 2],
    [2, 2.5, 0],
  ];
  const members = () => rows.map((row) => tf.tensor2d([row]));

  it('averages probabilities', async () => {
    const [a, b, c] = rows.map(softmax) as [number[], number[], number[]];
    close(
      await values(softVote(members())),
      a.map((p, i) => (p + b[i]! + c[i]!) / 3),
    );
    close(
      await values(softVote(members(), { weights: [0.5, 0.2, 0.3] })),
      a.map((p, i) => 0.5 * p + 0.2 * b[i]! + 0.3 * c[i]!),
    );
    close(await values(softVote(members(), { weights: [0, 1, 0], temperatures: [1, 2, 1] })), softmax([0, -1.5, 1]));
  });

  it('averages logits', async () => {
    const mean = [0, 1, 2].map((k) => 0.5 * rows[0]![k]! + (0.2 * rows[1]![k]!) / 4 + 0.3 * rows[2]![k]!);
    close(await values(averageLogits(members(), { weights: [0.5, 0.2, 0.3], temperatures: [1, 4, 1] })), softmax(mean));
  });

  it('stays finite for logits of any size', async () => {
    const huge = [tf.tensor2d([[1000, -1000]]), tf.tensor2d([[1000, -1000]])];
    for (const vote of [softVote, averageLogits, hardVote]) {
      for (const p of await values(vote(huge))) expect(Number.isFinite(p)).toBe(true);
    }
  });

  it('counts decisions; a tie goes to the more probable class, then to the first', async () => {
    const decide = async (logits: number[][], weights?: number[]) => {
      const shares = await values(
        hardVote(
          logits.map((row) => tf.tensor2d([row])),
          weights ? { weights } : {},
        ),
      );
      expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
      return shares.indexOf(Math.max(...shares));
    };
    expect(
      await decide([
        [1, 0, 0],
        [1, 0, 0],
        [0, 0, 9],
      ]),
    ).toBe(0); // though class 2 is the more probable
    expect(
      await decide([
        [1, 0, 0],
        [0, 0, 9],
      ]),
    ).toBe(2);
    expect(
      await decide([
        [0, 0, 9],
        [1, 0, 0],
      ]),
    ).toBe(2);
    expect(
      await decide([
        [0, 2, 0],
        [2, 0, 0],
      ]),
    ).toBe(0);
    expect(
      await decide(
        [
          [1, 0, 0],
          [1, 0, 0],
          [0, 0, 9],
        ],
        [0.2, 0.2, 0.6],
      ),
    ).toBe(2);
    expect(
      await decide(
        [
          [1, 0],
          [1, 0],
          [0, 9],
        ],
        [0.1, 0.2, 0.7],
      ),
    ).toBe(1);
  });

  it('keeps no tensor but the result', () => {
    const inputs = members();
    const before = tf.memory().numTensors;
    const results = [softVote(inputs), averageLogits(inputs), hardVote(inputs)];
    expect(tf.memory().numTensors).toBe(before + 3);
    tf.dispose(results);
  });

  it('refuses what cannot be combined', () => {
    const [a, b] = [tf.zeros([2, 3]), tf.zeros([2, 4])];
    expect(() => softVote([])).toThrow(/at least one member/);
    expect(() => hardVote([a, b])).toThrow(/differ in their classes: member 0 gives \[2, 3\], member 1 \[2, 4\]/);
    expect(() => averageLogits([a, tf.zeros([5, 3])])).toThrow(/differ in their examples/);
    expect(() => softVote([tf.zeros([3])])).toThrow(/\[n, classes\], got \[3\]/);
    expect(() => softVote([a, a], { weights: [0.5, 0.4] })).toThrow(/add up to 0.9/);
    expect(() => softVote([a, a], { weights: [1.5, -0.5] })).toThrow(/must not be negative/);
    expect(() => softVote([a, a], { weights: [1] })).toThrow(/2 members, but 1 weights/);
    expect(() => softVote([a, a], { weights: [Number.NaN, 1] })).toThrow(/must not be negative/);
    expect(() => softVote([a, a], { temperatures: [1, 0] })).toThrow(/2 positive temperatures/);
    expect(() => softVote([a], { weight: [1] } as never)).toThrow(/Did you mean 'weights'/);
  });
});
