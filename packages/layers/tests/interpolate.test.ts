import * as tf from '@tensorflow/tfjs-core';
import { gradCheck, relativeError } from '@zoo/testing';
import { expect, test } from 'vitest';
import { interpolateBilinear, Upsample } from '../src/index.ts';
import { toTensor, values } from './naive.ts';

test('doubling a row mixes neighbours 3 to 1 and repeats the ends', async () => {
  const y = interpolateBilinear(tf.tensor4d([0, 4, 8], [1, 1, 3, 1]), { size: [1, 6] });
  expect(Array.from(await y.data())).toEqual([0, 1, 3, 5, 7, 8]);
});

test('a factor that gives no whole size rounds down but keeps its own scale, as in PyTorch', async () => {
  const x = tf.tensor4d([0, 1, 2], [1, 1, 3, 1]);
  const byFactor = interpolateBilinear(x, { scaleFactor: [1, 1.5] });
  expect(byFactor.shape).toEqual([1, 1, 4, 1]);
  expect(relativeError(await byFactor.data(), [0, 0.5, 7 / 6, 11 / 6])).toBeLessThan(1e-6);
  const bySize = interpolateBilinear(x, { size: [1, 4] });
  expect(relativeError(await bySize.data(), [0, 0.625, 1.375, 2])).toBeLessThan(1e-6);
});

test('has a gradient in both directions', async () => {
  const x = toTensor(values('x', [2, 4, 5, 2]));
  await gradCheck((t) => interpolateBilinear(t, { size: [7, 6] }), x);
  await gradCheck((t) => interpolateBilinear(t, { size: [2, 3] }), x);
});

test('Upsample needs one of size and scaleFactor, and costs no multiply-adds', () => {
  expect(() => new Upsample({})).toThrow('one of size and scaleFactor');
  expect(() => new Upsample({ size: 3, scaleFactor: 2 })).toThrow('one of size and scaleFactor');
  expect(() => new Upsample({ scaleFactor: 0 })).toThrow('positive');
  expect(new Upsample({ scaleFactor: 2 }).summary([1, 5, 5, 3]).multiplyAdds).toBe(0);
});
