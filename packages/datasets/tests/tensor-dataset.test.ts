import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { classBalance, type Dataset, linearRegressionData, split, subset, TensorDataset } from '../src/index.ts';
import { readBatch } from './read-batch.ts';

const invalid = (message: RegExp) =>
  expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringMatching(message) });

const bytes = (n = 4): TensorDataset =>
  new TensorDataset({
    inputs: Uint8Array.from({ length: n * 4 }, (_, i) => i),
    inputShape: [2, 2, 1],
    targets: Uint8Array.from({ length: n }, (_, i) => i % 3),
    classNames: ['a', 'b', 'c'],
    name: 'bytes',
  });

describe('TensorDataset', () => {
  it('gives bytes as float32 in [0, 1] and labels as int32, in the order asked for', async () => {
    const before = tf.memory().numTensors;
    const batch = await bytes().batch([3, 0]);
    expect([batch.inputs.dtype, batch.targets.dtype]).toEqual(['float32', 'int32']);
    const { inputs, inputShape, targets } = await readBatch(batch);
    expect(inputShape).toEqual([2, 2, 2, 1]);
    expect(inputs).toEqual([12, 13, 14, 15, 0, 1, 2, 3].map((b) => Math.fround(b / 255)));
    expect(targets).toEqual([0, 0]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('normalizes each channel, bytes and floats alike', async () => {
    const normalize = { mean: [0.5, 0.25], std: [0.5, 0.1] };
    const of = (inputs: Uint8Array | Float32Array) =>
      new TensorDataset({ inputs, inputShape: [1, 1, 2], targets: Uint8Array.of(0), normalize });
    const f = Math.fround;
    const expected = [f(f(f(51 / 255) - 0.5) / 0.5), f(f(f(204 / 255) - 0.25) / f(0.1))];
    expect((await readBatch(of(Uint8Array.of(51, 204)).batch([0]))).inputs).toEqual(expected);
    expect((await readBatch(of(Float32Array.of(51 / 255, 204 / 255)).batch([0]))).inputs).toEqual(expected);
  });

  it('keeps float targets in their shape', async () => {
    const dataset = new TensorDataset({
      inputs: Float32Array.of(1, 2, 3),
      inputShape: [1],
      targets: Float32Array.of(1, -1, 2, -2, 3, -3),
      targetShape: [2],
    });
    expect(dataset.labels).toBeUndefined();
    const batch = dataset.batch([2, 1]);
    expect([batch.targets.shape, batch.targets.dtype]).toEqual([[2, 2], 'float32']);
    expect((await readBatch(batch)).targets).toEqual([3, -3, 2, -2]);
  });

  it('refuses what does not fit', () => {
    const make = (options: object) => () =>
      new TensorDataset({ inputs: new Uint8Array(8), inputShape: [4], targets: Uint8Array.of(0, 1), ...options });
    expect(make({ inputShape: [3] })).toThrow(invalid(/8 inputs do not divide into examples of shape \[3\]/));
    expect(make({ targets: Uint8Array.of(0) })).toThrow(invalid(/2 examples, but 1 targets/));
    expect(make({ classNames: ['only'] })).toThrow(invalid(/example 1 has label 1, but there are 1 classes/));
    expect(make({ targets: Float32Array.of(0, 1), classNames: ['a', 'b'] })).toThrow(invalid(/integer labels/));
    expect(make({ normalize: { mean: [0], std: [1] } })).toThrow(invalid(/4 finite means/));
    expect(make({ normalize: { mean: [0, 0, 0, 0], std: [1, 1, 0, 1] } })).toThrow(invalid(/positive stds/));
    for (const index of [4, -1, 0.5])
      expect(() => bytes().batch([index])).toThrow(invalid(/bytes: there is no example/));
  });

  it('describes itself in JSON', () => {
    const description = bytes().describe();
    expect(JSON.parse(JSON.stringify(description))).toEqual({
      name: 'bytes',
      length: 4,
      inputShape: [2, 2, 1],
      classNames: ['a', 'b', 'c'],
    });
  });
});

describe('subset and split', () => {
  it('gives the examples chosen, labels and names with them', async () => {
    const part = subset(bytes(), [2, 1, 2]);
    expect(part.labels).toEqual(Int32Array.of(2, 1, 2));
    expect(part.classNames).toEqual(['a', 'b', 'c']);
    const { inputs, targets } = await readBatch(part.batch([2, 1]));
    expect([inputs[0], inputs[4], targets]).toEqual([Math.fround(8 / 255), Math.fround(4 / 255), [2, 1]]);
    expect(part.describe()).toMatchObject({ length: 3, of: { name: 'bytes' } });
    expect(subset(bytes(), [2, 1, 2]).describe()).toEqual(part.describe());
    expect(subset(bytes(), [2, 2, 1]).describe()).not.toEqual(part.describe());
    expect(() => part.batch([3])).toThrow(invalid(/no example 3 in this subset of 3/));
    expect(() => subset(bytes(), [4])).toThrow(invalid(/4 examples cannot hold example 4/));
  });

  it('divides into disjoint parts that hold everything, the same for the same seed', async () => {
    const examples = async (parts: Dataset[]) => {
      const lists: number[][] = [];
      for (const part of parts) lists.push((await readBatch(part.batch([...Array(part.length).keys()]))).inputs);
      return lists;
    };
    const numbers = new TensorDataset({
      inputs: Float32Array.from({ length: 11 }, (_, i) => i),
      inputShape: [1],
      targets: new Int32Array(11),
    });
    const parts = await examples(split(numbers, [0.5, 0.3, 0.2], { seed: 3 }));
    expect(parts.map((p) => p.length)).toEqual([6, 3, 2]);
    expect(parts.flat().sort((a, b) => a - b)).toEqual([...Array(11).keys()]);
    expect(await examples(split(numbers, [6, 3, 2], { seed: 3 }))).toEqual(parts);
    expect(await examples(split(numbers, [6, 3, 2], { seed: 4 }))).not.toEqual(parts);
    expect(split(bytes(3), [1]).map((p) => p.length)).toEqual([3]);
    expect(split(bytes(10), [0.7, 0.2, 0.1]).map((p) => p.length)).toEqual([7, 2, 1]);
    for (const bad of [[], [5, 5], [0.5, 0.4], [-1, 12], [1.5, -0.5]]) {
      expect(() => split(bytes(11), bad)).toThrow(invalid(/add up to 11/));
    }
  });
});

describe('linearRegressionData', () => {
  it('follows the line, with noise of the size asked for', async () => {
    const options = { weights: [2, -3.4], bias: 4.2, numExamples: 2000, seed: 1 };
    const exact = linearRegressionData({ ...options, noise: 0 });
    const noisy = linearRegressionData({ ...options, noise: 0.1 });
    expect([exact.inputs.length, exact.targets.length, exact.inputShape, exact.targetShape]).toEqual([
      4000,
      2000,
      [2],
      [1],
    ]);
    const line = (d: TensorDataset, i: number) => 2 * d.inputs[2 * i]! - 3.4 * d.inputs[2 * i + 1]! + 4.2;
    const rms = (d: TensorDataset) => Math.hypot(...d.targets.map((y, i) => y - line(d, i))) / Math.sqrt(d.length);
    expect(rms(exact)).toBeLessThan(1e-6);
    expect(rms(noisy)).toBeCloseTo(0.1, 2);
    const inputs = [...exact.inputs];
    const mean = inputs.reduce((a, b) => a + b, 0) / 4000;
    const variance = inputs.reduce((a, b) => a + b * b, 0) / 4000;
    expect(Math.abs(mean)).toBeLessThan(0.05);
    expect(variance).toBeCloseTo(1, 1);
  });

  it('repeats for a seed and differs between seeds', () => {
    const of = (seed: number) => linearRegressionData({ weights: [1], numExamples: 5, seed });
    expect(of(1).inputs).toEqual(of(1).inputs);
    expect(of(1).targets).toEqual(of(1).targets);
    expect(of(1).inputs).not.toEqual(of(2).inputs);
    expect(() => linearRegressionData({ weights: [], numExamples: 5 })).toThrow(invalid(/0 weights/));
    expect(() => linearRegressionData({ weights: [1], numExamples: 0 })).toThrow(invalid(/numExamples 0/));
  });
});

describe('classBalance', () => {
  it('counts each class, absent ones too', () => {
    expect(classBalance(subset(bytes(), [0, 1, 3]))).toEqual([
      { label: 0, name: 'a', count: 2, fraction: 2 / 3 },
      { label: 1, name: 'b', count: 1, fraction: 1 / 3 },
      { label: 2, name: 'c', count: 0, fraction: 0 },
    ]);
    expect(classBalance({ labels: Int32Array.of(1) }).map((c) => [c.name, c.count])).toEqual([
      ['0', 0],
      ['1', 1],
    ]);
    expect(() => classBalance(linearRegressionData({ weights: [1], numExamples: 2 }))).toThrow(invalid(/class labels/));
  });
});
