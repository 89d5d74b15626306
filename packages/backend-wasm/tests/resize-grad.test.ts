import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { wasmBackend } from '../src/index.ts';

beforeAll(async () => {
  await wasmBackend().init();
});

const sizes: [number, number][] = [
  [7, 9],
  [3, 2],
  [13, 5],
  [1, 1],
  [4, 6],
];
const mappings: [boolean, boolean][] = [
  [false, false],
  [true, false],
  [false, true],
];

// For a linear map L, <L x, dy> = <x, L' dy>: independent of any other implementation.
describe.each([
  ['bilinear', tf.image.resizeBilinear],
  ['nearest', tf.image.resizeNearestNeighbor],
] as const)('gradient of %s resizing', (_, resize) => {
  it('matches its forward pass', async () => {
    for (const [alignCorners, halfPixelCenters] of mappings) {
      for (const size of sizes) {
        const products = tf.tidy(() => {
          const map = (x: tf.Tensor) => resize(x as tf.Tensor4D, size, alignCorners, halfPixelCenters);
          const x = tf.randomNormal([2, 4, 6, 3], 0, 1, 'float32', 1);
          const dy = tf.randomNormal([2, ...size, 3], 0, 1, 'float32', 2);
          return [tf.sum(tf.mul(map(x), dy)), tf.sum(tf.mul(x, tf.grad(map)(x, dy)))];
        });
        const [a, b] = await Promise.all(products.map(async (t) => (await t.data())[0]!));
        tf.dispose(products);
        const label = JSON.stringify({ size, alignCorners, halfPixelCenters });
        expect(Math.abs(a! - b!), label).toBeLessThan(1e-3 * (1 + Math.abs(a!)));
      }
    }
  });
});
