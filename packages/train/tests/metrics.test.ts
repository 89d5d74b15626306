import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { accuracy, ConfusionMatrix, topK } from '../src/index.ts';

const scores = () =>
  tf.tensor2d(
    [
      [5, 1, 3],
      [0, 2, 1],
      [1, 3, 2],
      [9, 8, 7],
    ],
    [4, 3],
  );
const labels = (...values: number[]) => tf.tensor1d(values, 'int32');

it('accuracy counts over batches', async () => {
  const metric = accuracy();
  metric.update(scores(), labels(0, 1, 2, 2));
  metric.update(scores(), labels(0, 1, 1, 0));
  expect(await metric.compute()).toBe(6 / 8);
  metric.update(scores(), labels(2, 2, 2, 2));
  expect(await metric.compute()).toBe(6 / 12);
  metric.reset();
  metric.update(scores(), labels(2, 2, 2, 0));
  expect(await metric.compute()).toBe(1 / 4);
});

it('topK counts labels among the best k', async () => {
  const metric = topK(2);
  metric.update(scores(), labels(2, 0, 2, 2));
  expect(await metric.compute()).toBe(2 / 4);
  expect(() => topK(5).update(scores(), labels(0, 0, 0, 0))).toThrow(/topK\(5\).*got 3/);
  expect(() => topK(0)).toThrow(/>= 1/);
});

it('leaves ignored labels out, also where they are a class', async () => {
  const pixels = () => tf.reshape(scores(), [1, 2, 2, 3]);
  const y = () =>
    tf.tensor3d(
      [
        [
          [0, 255],
          [1, 0],
        ],
      ].flat(2),
      [1, 2, 2],
      'int32',
    );
  const metric = accuracy({ ignoreIndex: 255 });
  metric.update(pixels(), y());
  expect(await metric.compute()).toBe(1);
  for (const make of [accuracy, (o: object) => topK(2, o)]) {
    const ignoring = make({ ignoreIndex: 0 });
    ignoring.update(scores(), labels(0, 1, 1, 0));
    expect(await ignoring.compute()).toBe(1);
  }
});

it('fills a confusion matrix, rows true and columns predicted', async () => {
  const matrix = new ConfusionMatrix(3);
  matrix.update(scores(), labels(0, 1, 2, 2));
  matrix.update(scores(), labels(0, 2, 255, 0));
  expect(await matrix.compute()).toEqual([
    [3, 0, 0],
    [0, 1, 0],
    [1, 2, 0],
  ]);
  expect(() => matrix.update(tf.zeros([2, 4]), labels(0, 0))).toThrow(/3 classes; the scores have 4/);
});

it('carries its sums to another instance, exactly', async () => {
  for (const make of [() => topK(2), () => accuracy(), () => new ConfusionMatrix(3)]) {
    const [first, second] = [make(), make()];
    first.update(scores(), labels(0, 1, 2, 2));
    second.loadState(JSON.parse(JSON.stringify(await first.state())));
    for (const metric of [first, second]) metric.update(scores(), labels(1, 1, 2, 0));
    expect(await second.compute()).toEqual(await first.compute());
  }
});

it('keeps one tensor between reads and none after', async () => {
  const [x, y] = [scores(), labels(0, 1, 2, 2)];
  const before = tf.memory().numTensors;
  const metric = accuracy();
  metric.update(x, y);
  metric.update(x, y);
  expect(tf.memory().numTensors).toBe(before + 1);
  await metric.compute();
  expect(tf.memory().numTensors).toBe(before);
  metric.update(x, y);
  metric.dispose();
  expect(tf.memory().numTensors).toBe(before);
  expect(() => metric.update(x, labels(0))).toThrow(/\[4, 3\] and \[1\]/);
});

it('are NaN over no examples, and take a single class', async () => {
  const none = () => [tf.zeros([0, 3]), labels()] as const;
  for (const metric of [accuracy(), topK(2)]) {
    metric.update(...none());
    expect(await metric.compute()).toBe(Number.NaN);
  }
  const matrix = new ConfusionMatrix(3);
  matrix.update(...none());
  expect(await matrix.compute()).toEqual([[0, 0, 0], [0, 0, 0], [0, 0, 0]]); // biome-ignore format: a matrix
  const single = new ConfusionMatrix(1);
  single.update(tf.tensor2d([1, 2], [2, 1]), labels(0, 0));
  expect(await single.compute()).toEqual([[2]]);
});
