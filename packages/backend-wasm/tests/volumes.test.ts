import * as tf from '@tensorflow/tfjs-core';
import { gradCheck } from '@zoo/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { wasmBackend } from '../src/index.ts';
import { difference } from './against-cpu.ts';

beforeAll(async () => {
  await wasmBackend().init();
});

/** For a linear map L, `<L x, dy> = <x, L' dy>`: independent of any other implementation. */
async function adjointError(map: (x: tf.Tensor) => tf.Tensor, shape: number[]): Promise<number> {
  const products = tf.tidy(() => {
    const x = tf.randomNormal(shape, 0, 1, 'float32', 1);
    const y = map(x);
    const dy = tf.randomNormal(y.shape, 0, 1, 'float32', 2);
    return [tf.sum(tf.mul(y, dy)), tf.sum(tf.mul(x, tf.grad(map)(x, dy)))];
  });
  const [a, b] = await Promise.all(products.map((t) => t.data()));
  tf.dispose(products);
  return difference(b!, a!);
}

describe('gradients over volumes', () => {
  const [volume, filter] = [
    [2, 5, 6, 5, 3],
    [2, 3, 2, 3, 4],
  ];
  for (const pad of ['same', 'valid'] as const) {
    for (const stride of [1, 2]) {
      it(`of 3-D convolution, stride ${stride}, ${pad}`, async () => {
        const w = tf.randomNormal<tf.Rank.R5>(filter as [number, number, number, number, number], 0, 1, 'float32', 3);
        const x = tf.randomNormal<tf.Rank.R5>(volume as [number, number, number, number, number], 0, 1, 'float32', 4);
        expect(await adjointError((t) => tf.conv3d(t as tf.Tensor5D, w, stride, pad), volume!)).toBeLessThan(1e-3);
        expect(await adjointError((t) => tf.conv3d(x, t as tf.Tensor5D, stride, pad), filter!)).toBeLessThan(1e-3);
        tf.dispose([w, x]);
      });

      it(`of pools, stride ${stride}, ${pad}`, async () => {
        expect(await adjointError((t) => tf.avgPool3d(t as tf.Tensor5D, 2, stride, pad), volume!)).toBeLessThan(1e-3);
        // Distinct negative values, so that no step crosses a tie.
        const x = tf.tidy(() => tf.sub(tf.mul(tf.reshape(tf.range(0, 3 * 4 * 3 * 2), [1, 3, 4, 3, 2]), 0.37), 30));
        await gradCheck((t) => tf.maxPool3d(t as tf.Tensor5D, 2, stride, pad), x);
        x.dispose();
      });
    }
  }
});
