import * as tf from '@tensorflow/tfjs-core';
import { gradCheck } from '@zoo/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { wasmBackend } from '../src/index.ts';
import { difference, expectLikeCpu, normal, pick, rngFor } from './against-cpu.ts';

type Pool = (x: tf.Tensor4D, size: [number, number], strides: [number, number], pad: 'same' | 'valid') => tf.Tensor4D;

beforeEach(async () => {
  await wasmBackend().init();
});

const maxPoolGradient = async (
  values: number[],
  shape: [number, number, number, number],
  size: number,
  stride: number,
) => {
  const dx = tf.tidy(() => {
    const y = tf.maxPool(tf.tensor4d(values, shape), size, stride, 'valid');
    const dy = tf.reshape(tf.range(1, y.size + 1), y.shape);
    return tf.grad((x) => tf.maxPool(x as tf.Tensor4D, size, stride, 'valid'))(tf.tensor4d(values, shape), dy);
  });
  const result = Array.from(await dx.data());
  dx.dispose();
  return result;
};

describe('MaxPoolGrad', () => {
  it('sends the gradient of all-negative windows to their largest value', async () => {
    expect(await maxPoolGradient([-5, -2, -3, -4], [1, 2, 2, 1], 2, 2)).toEqual([0, 1, 0, 0]);
    expect(await maxPoolGradient([-1, -2, -3, -1e-30, -7, -6, -9, -8], [1, 2, 4, 1], 2, 2)).toEqual([
      1, 0, 0, 2, 0, 0, 0, 0,
    ]);
  });

  it('sends the gradient of windows of zeros to their first pixel', async () => {
    expect(await maxPoolGradient([0, 0, 0, 0], [1, 2, 2, 1], 2, 2)).toEqual([1, 0, 0, 0]);
  });

  it('breaks ties by the first pixel in row-major order', async () => {
    expect(await maxPoolGradient([1, 3, 3, 3], [1, 2, 2, 1], 2, 2)).toEqual([0, 1, 0, 0]);
    expect(await maxPoolGradient([1, 2, 3, 3], [1, 2, 2, 1], 2, 2)).toEqual([0, 0, 1, 0]);
  });

  it('adds up where windows overlap', async () => {
    expect(await maxPoolGradient([0, 0, 0, 0, 9, 0, 0, 0, 0], [1, 3, 3, 1], 2, 1)).toEqual([
      0, 0, 0, 0, 10, 0, 0, 0, 0,
    ]);
  });

  it('does the same for vectors of channels', async () => {
    const channels = 7;
    const one = [-5, -2, -2, -4];
    const values = one.flatMap((v, pixel) => Array.from({ length: channels }, (_, c) => (c % 2 ? v : one[3 - pixel]!)));
    const got = await maxPoolGradient(values, [1, 2, 2, channels], 2, 2);
    const expected = new Array<number>(4 * channels).fill(0);
    for (let c = 0; c < channels; c++) expected[channels + c] = c + 1;
    expect(got).toEqual(expected);
  });

  it('matches central differences on negative inputs', async () => {
    const x = tf.tidy(() => tf.sub(tf.mul(tf.reshape(tf.range(0, 5 * 6 * 3), [1, 5, 6, 3]), 0.37), 40));
    await gradCheck((t) => tf.maxPool(t as tf.Tensor4D, 3, 2, 'same'), x);
    x.dispose();
  });
});

const shapes = (seed: number) => {
  const rng = rngFor(seed);
  return {
    x: [1 + rng.int(3), 3 + rng.int(9), 3 + rng.int(9), pick(rng, [1, 3, 4, 6, 16, 17])],
    size: [1 + rng.int(3), 1 + rng.int(3)] as [number, number],
    strides: [1 + rng.int(3), 1 + rng.int(3)] as [number, number],
    pad: pick(rng, ['same', 'valid'] as const),
  };
};

describe('pools, compared with the cpu backend', () => {
  it('maximum, forward and gradient, on inputs of both signs', async () => {
    for (let seed = 1; seed <= 50; seed++) {
      const s = shapes(seed);
      const rng = rngFor(500 + seed);
      const x = normal(rng, s.x);
      for (let i = 0; i < x.values.length; i++) x.values[i]! -= 1;
      await expectLikeCpu(`forward ${JSON.stringify(s)}`, [x], (t) =>
        tf.maxPool(t as tf.Tensor4D, s.size, s.strides, s.pad),
      );
      await expectLikeCpu(`gradient ${JSON.stringify(s)}`, [x], (t) =>
        tf.grad((u) => tf.maxPool(u as tf.Tensor4D, s.size, s.strides, s.pad))(t!),
      );
    }
  });

  it('average, forward', async () => {
    for (let seed = 1; seed <= 30; seed++) {
      const s = shapes(seed);
      await expectLikeCpu(JSON.stringify(s), [normal(rngFor(seed), s.x)], (t) =>
        tf.avgPool(t as tf.Tensor4D, s.size, s.strides, s.pad),
      );
    }
  });
});

/** For a linear map L, `<L x, dy> = <x, L' dy>`: independent of any other implementation. */
async function adjointError(pool: Pool, s: ReturnType<typeof shapes>): Promise<number> {
  const products = tf.tidy(() => {
    const x = tf.randomNormal<tf.Rank.R4>(s.x as [number, number, number, number], 0, 1, 'float32', 1);
    const y = pool(x, s.size, s.strides, s.pad);
    const dy = tf.randomNormal<tf.Rank.R4>(y.shape, 0, 1, 'float32', 2);
    const dx = tf.grad((t) => pool(t as tf.Tensor4D, s.size, s.strides, s.pad))(x, dy);
    return [tf.sum(tf.mul(y, dy)), tf.sum(tf.mul(x, dx))];
  });
  const [a, b] = await Promise.all(products.map((t) => t.data()));
  tf.dispose(products);
  return difference(a!, b!);
}

describe('AvgPoolGrad', () => {
  it('divides by the pixels inside the image, as its forward pass does', async () => {
    for (let seed = 1; seed <= 30; seed++) {
      const s = shapes(seed);
      expect(await adjointError(tf.avgPool, s), JSON.stringify(s)).toBeLessThan(1e-3);
    }
    const dx = tf.tidy(() =>
      tf.grad((x) => tf.avgPool(x as tf.Tensor4D, 2, 2, 'same'))(tf.ones<tf.Rank.R4>([1, 3, 3, 1])),
    );
    expect(Array.from(await dx.data())).toEqual([0.25, 0.25, 0.5, 0.25, 0.25, 0.5, 0.5, 0.5, 1]);
    dx.dispose();
  });
});
