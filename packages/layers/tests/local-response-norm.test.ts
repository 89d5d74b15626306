import { gradCheck, relativeError } from '@zoo/testing';
import { expect, test } from 'vitest';
import { LocalResponseNorm, localResponseNorm } from '../src/index.ts';
import { toTensor, values } from './naive.ts';

test.each([1, 2, 3, 4, 5, 9])('window of %i channels', async (size) => {
  const x = values('x', [2, 2, 2, 5]);
  const expected = x.data.map((v, i) => {
    const c = i % 5;
    let sum = 0;
    for (let k = c - Math.floor(size / 2); k <= c + Math.floor((size - 1) / 2); k++)
      if (k >= 0 && k < 5) sum += x.data[i - c + k]! ** 2;
    return v / (2 + (0.5 / size) * sum) ** 0.75;
  });
  const options = { alpha: 0.5, beta: 0.75, k: 2 };
  expect(relativeError(await localResponseNorm(toTensor(x), size, options).data(), expected)).toBeLessThan(1e-5);
  await gradCheck((t) => localResponseNorm(t, size, options), toTensor(x));
});

test('costs no multiply-adds', () => {
  expect(new LocalResponseNorm(5).summary([1, 4, 4, 8]).multiplyAdds).toBe(0);
});
