import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { cpuBackend } from '../src/index.ts';

beforeAll(async () => {
  await cpuBackend().init();
});

/**
 * For a linear map L, `<L x, dy> = <x, L' dy>`: both sides are computed, the right one through the gradient.
 * Independent of any other implementation.
 */
async function expectAdjoint(map: (x: tf.Tensor4D) => tf.Tensor4D, shape: [number, number, number, number]) {
  const [forward, backward] = tf.tidy(() => {
    const x = tf.randomNormal<tf.Rank.R4>(shape, 0, 1, 'float32', 1);
    const y = map(x);
    const dy = tf.randomNormal<tf.Rank.R4>(y.shape, 0, 1, 'float32', 2);
    const dx = tf.grad((t) => map(t as tf.Tensor4D))(x, dy);
    expect(dx.shape).toEqual(shape);
    return [tf.sum(tf.mul(y, dy)), tf.sum(tf.mul(x, dx))];
  });
  const [a, b] = [(await forward!.data())[0]!, (await backward!.data())[0]!];
  tf.dispose([forward!, backward!]);
  expect(Math.abs(a - b)).toBeLessThan(1e-4 * (1 + Math.abs(a)));
}

describe('gradient of average pooling', () => {
  for (const pad of ['valid', 'same', 0, 1] as const) {
    for (const stride of [1, 2]) {
      it(`matches its forward pass with pad ${pad}, stride ${stride}`, () =>
        expectAdjoint((x) => tf.avgPool(x, 3, stride, pad), [2, 7, 6, 3]));
    }
  }

  it('divides a corner window by the pixels it covers', async () => {
    const dx = tf.tidy(() =>
      tf.grad((x) => tf.avgPool(x as tf.Tensor4D, 2, 2, 'same'))(tf.ones<tf.Rank.R4>([1, 3, 3, 1])),
    );
    expect(Array.from(await dx.data())).toEqual([0.25, 0.25, 0.5, 0.25, 0.25, 0.5, 0.5, 0.5, 1]);
    dx.dispose();
  });
});

describe.each([
  ['nearest', tf.image.resizeNearestNeighbor],
  ['bilinear', tf.image.resizeBilinear],
] as const)('gradient of %s resizing', (_, resize) => {
  for (const [alignCorners, halfPixelCenters] of [
    [false, false],
    [true, false],
    [false, true],
  ] as const) {
    for (const size of [
      [7, 9],
      [3, 2],
      [13, 5],
      [1, 1],
      [4, 6],
    ] as [number, number][]) {
      it(`matches its forward pass on a batch, to ${size}, alignCorners ${alignCorners}, halfPixelCenters ${halfPixelCenters}`, () =>
        expectAdjoint((x) => resize(x, size, alignCorners, halfPixelCenters), [2, 4, 6, 3]));
    }
  }
});

describe('gradients that tfjs has right', () => {
  it('sends the gradient of a maximum to the first of equal values, as PyTorch does', async () => {
    const dx = tf.tidy(() =>
      tf.grad((x) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid'))(tf.zeros<tf.Rank.R4>([1, 2, 2, 1])),
    );
    expect(Array.from(await dx.data())).toEqual([1, 0, 0, 0]);
    dx.dispose();
  });

  it('sends the gradient of a window of negative values to its largest', async () => {
    const x = tf.tensor4d([-4, -2, -1, -3], [1, 2, 2, 1]);
    const dx = tf.tidy(() => tf.grad((t) => tf.maxPool(t as tf.Tensor4D, 2, 2, 'valid'))(x));
    expect(Array.from(await dx.data())).toEqual([0, 0, 1, 0]);
    tf.dispose([x, dx]);
  });

  it('of a strided, asymmetrically padded convolution, for input and kernel', async () => {
    const pad: tf.backend_util.ExplicitPadding = [
      [0, 0],
      [2, 1],
      [0, 1],
      [0, 0],
    ];
    const kernel = tf.randomNormal<tf.Rank.R4>([3, 2, 3, 4], 0, 1, 'float32', 3);
    const input = tf.randomNormal<tf.Rank.R4>([2, 7, 6, 3], 0, 1, 'float32', 4);
    await expectAdjoint((x) => tf.conv2d(x, kernel, [2, 3], pad), [2, 7, 6, 3]);
    await expectAdjoint((w) => tf.conv2d(input, w, [2, 3], pad), [3, 2, 3, 4]);
    tf.dispose([kernel, input]);
  });
});
