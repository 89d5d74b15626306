import * as tf from '@tensorflow/tfjs-core';
import { gradCheck, relativeError } from '@zoo/testing';
import { describe, expect, test } from 'vitest';
import { AvgPool2d, type AvgPool2dOptions, avgPool2d, MaxPool2d, maxPool2d } from '../src/index.ts';
import { pixelsIn, toTensor, type Values, values } from './naive.ts';

type Pair = [number, number];
type Kernel = number | Pair;

const pair = (value: number | readonly [number, number]): Pair =>
  typeof value === 'number' ? [value, value] : [...value];

/** Pools every window that PyTorch forms; `reduce` gets the pixels inside the image and the window clipped to the padding. */
function naivePool(
  x: Values,
  kernel: Kernel,
  options: AvgPool2dOptions,
  reduce: (pixels: number[], area: number) => number,
) {
  const [k, s, p] = [pair(kernel), pair(options.stride ?? kernel), pair(options.padding ?? 0)];
  const starts = (axis: 0 | 1): number[] => {
    const size = x.shape[axis + 1]!;
    const found: number[] = [];
    for (let start = -p[axis]; ; start += s[axis]) {
      const fits = start + k[axis] <= size + p[axis];
      // In ceil mode a partial window counts when it begins inside the image or the padding before it.
      const partial = options.ceilMode && start < size && start + k[axis] - s[axis] < size + p[axis];
      if (!fits && !partial) return found;
      found.push(start);
    }
  };
  const [rows, columns] = [starts(0), starts(1)];
  const [n, , , c] = x.shape as [number, number, number, number];
  const y: number[] = [];
  for (let b = 0; b < n; b++)
    for (const top of rows)
      for (const left of columns)
        for (let channel = 0; channel < c; channel++) {
          const bottom = Math.min(top + k[0], x.shape[1]! + p[0]);
          const right = Math.min(left + k[1], x.shape[2]! + p[1]);
          y.push(reduce(pixelsIn(x, b, channel, [top, bottom], [left, right]), (bottom - top) * (right - left)));
        }
  return { y, shape: [n, rows.length, columns.length, c] };
}

const cases: Array<[Kernel, AvgPool2dOptions]> = [
  [2, {}],
  [3, { stride: 2, padding: 1 }],
  [3, { stride: 1, padding: 1 }],
  [[3, 2], { stride: [2, 3], padding: [1, 0] }],
  [3, { stride: 2, ceilMode: true }],
  [2, { stride: 2, padding: 1, ceilMode: true }],
  [[2, 3], { stride: [3, 2], padding: [1, 1], ceilMode: true }],
  [2, { stride: 3, ceilMode: true }],
  [4, { stride: 3, padding: 2, ceilMode: true }],
];

describe.each(cases)('kernel %j with %j', (kernel, options) => {
  const x = values('x', [2, 6, 7, 2]);
  const negative = { ...x, data: x.data.map((v) => v - 3) };

  test('maxPool2d', async () => {
    const { y, shape } = naivePool(negative, kernel, options, (pixels) => Math.max(...pixels));
    const actual = maxPool2d(toTensor(negative), kernel, options);
    expect(actual.shape).toEqual(shape);
    expect(relativeError(await actual.data(), y)).toBeLessThan(1e-6);
    await gradCheck((t) => maxPool2d(t, kernel, options), toTensor(negative), { step: 1e-3 });
  });

  test('avgPool2d', async () => {
    for (const countIncludePad of [true, false]) {
      const { y, shape } = naivePool(x, kernel, options, (pixels, area) => {
        return pixels.reduce((sum, v) => sum + v, 0) / (countIncludePad ? area : pixels.length);
      });
      const actual = avgPool2d(toTensor(x), kernel, { ...options, countIncludePad });
      expect(actual.shape).toEqual(shape);
      expect(relativeError(await actual.data(), y)).toBeLessThan(1e-5);
      await gradCheck((t) => avgPool2d(t, kernel, { ...options, countIncludePad }), toTensor(x));
    }
  });
});

describe('maxPool2d', () => {
  test('the gradient of equal maxima goes to the first', async () => {
    const dx = (x: tf.Tensor, f: (t: tf.Tensor) => tf.Tensor) =>
      tf
        .grad((t) => tf.sum(f(t)))(x)
        .data();
    const flat = tf.zeros([1, 4, 4, 1]);
    expect(Array.from(await dx(flat, (t) => maxPool2d(t, 2)))).toEqual([
      1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0,
    ]);
    const padded = tf.fill([1, 3, 3, 1], -1);
    expect(Array.from(await dx(padded, (t) => maxPool2d(t, 3, { stride: 2, padding: 1 })))).toEqual([
      1, 1, 0, 1, 1, 0, 0, 0, 0,
    ]);
  });
});

describe('pool layers', () => {
  test('hold no state and cost no multiply-adds', () => {
    for (const layer of [new MaxPool2d(2), new AvgPool2d(3, { padding: 1, stride: 2 })]) {
      expect([...layer.stateEntries()]).toEqual([]);
      expect(layer.summary([1, 8, 8, 4]).multiplyAdds).toBe(0);
    }
  });

  test('wrong inputs and options are named', () => {
    expect(() => new MaxPool2d(2).call(tf.zeros([8, 10]))).toThrow('expected [n, h, w, c], got [8, 10]');
    expect(() => new MaxPool2d(3).call(tf.zeros([1, 2, 2, 1]))).toThrow('does not fit');
    expect(() => new MaxPool2d(2, { padding: 2 })).toThrow('at most half the kernel size');
    expect(() => new AvgPool2d(2.5)).toThrow('kernelSize');
  });
});
