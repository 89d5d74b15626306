import * as tf from '@tensorflow/tfjs-core';
import { gradCheck, relativeError } from '@zoo/testing';
import { describe, expect, test } from 'vitest';
import {
  AdaptiveAvgPool2d,
  AdaptiveMaxPool2d,
  adaptiveAvgPool2d,
  adaptiveMaxPool2d,
  GlobalAvgPool,
  GlobalMaxPool,
} from '../src/index.ts';
import { pixelsIn, toTensor, values } from './naive.ts';

type Pair = [number, number];

const mean = (pixels: number[]) => pixels.reduce((sum, v) => sum + v, 0) / pixels.length;
const x = values('x', [2, 5, 6, 2]);

function naive([height, width]: Pair, reduce: (pixels: number[]) => number): number[] {
  const range = (i: number, size: number, outputs: number): Pair => [
    Math.floor((i * size) / outputs),
    Math.ceil(((i + 1) * size) / outputs),
  ];
  const y: number[] = [];
  for (let b = 0; b < 2; b++)
    for (let i = 0; i < height; i++)
      for (let j = 0; j < width; j++)
        for (let c = 0; c < 2; c++) y.push(reduce(pixelsIn(x, b, c, range(i, 5, height), range(j, 6, width))));
  return y;
}

const sizes: Pair[] = [[1, 1], [5, 6], [5, 3], [2, 3], [3, 4], [7, 9], [1, 4]]; // biome-ignore format: a table

describe.each(sizes)('to %i x %i', (height, width) => {
  test('average', async () => {
    const y = adaptiveAvgPool2d(toTensor(x), [height, width]);
    expect(y.shape).toEqual([2, height, width, 2]);
    expect(relativeError(await y.data(), naive([height, width], mean))).toBeLessThan(1e-5);
    await gradCheck((t) => adaptiveAvgPool2d(t, [height, width]), toTensor(x));
  });

  test('maximum', async () => {
    const y = adaptiveMaxPool2d(toTensor(x), [height, width]);
    expect(y.shape).toEqual([2, height, width, 2]);
    expect(
      relativeError(
        await y.data(),
        naive([height, width], (pixels) => Math.max(...pixels)),
      ),
    ).toBeLessThan(1e-6);
    await gradCheck((t) => adaptiveMaxPool2d(t, [height, width]), toTensor(x), { step: 1e-3 });
  });
});

describe('global pools', () => {
  test('give one value per channel, with gradients', async () => {
    const input = toTensor(x);
    const [average, maximum] = [new GlobalAvgPool(), new GlobalMaxPool()];
    expect(average.call(input).shape).toEqual([2, 2]);
    expect(relativeError(await average.call(input).data(), naive([1, 1], mean))).toBeLessThan(1e-5);
    expect(
      relativeError(
        await maximum.call(input).data(),
        naive([1, 1], (p) => Math.max(...p)),
      ),
    ).toBeLessThan(1e-6);
    await gradCheck((t) => average.call(t), input);
    await gradCheck((t) => maximum.call(t), input, { step: 1e-3 });
  });
});

test('adaptive pools cost no multiply-adds and refuse other ranks', () => {
  expect(new AdaptiveAvgPool2d(3).summary([1, 7, 8, 4]).multiplyAdds).toBe(0);
  expect(new AdaptiveMaxPool2d(3).summary([1, 7, 8, 4]).multiplyAdds).toBe(0);
  expect(() => new AdaptiveAvgPool2d(2).call(tf.zeros([4, 3]))).toThrow('expected [n, h, w, c], got [4, 3]');
  expect(() => new AdaptiveAvgPool2d(0)).toThrow('outputSize');
});
