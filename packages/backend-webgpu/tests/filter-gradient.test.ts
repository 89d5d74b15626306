import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { planFilterGradient } from '../src/programs/filter-gradient-program.ts';
import { currentBackend, describeOnWebgpu, expectAsOnCpu, fill } from './webgpu-host.ts';

type Pad = 'same' | 'valid' | number;
type Shape4D = [number, number, number, number];

const info = (x: Shape4D, filter: Shape4D, stride: number, pad: Pad) =>
  tf.backend_util.computeConv2DInfo(x, filter, stride, 1, pad);

describe('the plan of a filter gradient', () => {
  test.each<[string, Shape4D, Shape4D, number, Pad]>([
    ['LeNet, first layer', [256, 28, 28, 1], [5, 5, 1, 6], 1, 'same'],
    ['ResNet stem', [32, 224, 224, 3], [7, 7, 3, 64], 2, 3],
    ['ResNet, last stage', [32, 7, 7, 512], [3, 3, 512, 512], 1, 1],
    ['one pixel', [1, 1, 1, 1], [1, 1, 1, 1], 1, 'valid'],
  ])('covers every pixel once: %s', (_name, x, filter, stride, pad) => {
    const { m, n, k, splits, steps } = planFilterGradient(info(x, filter, stride, pad));
    expect(splits * steps * 16).toBeGreaterThanOrEqual(k);
    expect((splits - 1) * steps * 16).toBeLessThan(k);
    expect(splits * m * n).toBeLessThanOrEqual(Math.max(1 << 24, m * n));
  });

  test('splits the sum of small filters and leaves large filters whole', () => {
    expect(planFilterGradient(info([256, 28, 28, 1], [5, 5, 1, 6], 1, 'same')).splits).toBeGreaterThan(100);
    expect(planFilterGradient(info([32, 7, 7, 512], [3, 3, 512, 512], 1, 1)).splits).toBe(1);
  });
});

describeOnWebgpu('the tiled filter gradient', () => {
  let before: boolean;
  beforeAll(() => {
    before = currentBackend().tiledFilterGradient;
    currentBackend().tiledFilterGradient = true;
  });
  afterAll(() => {
    currentBackend().tiledFilterGradient = before;
  });

  const gradient = (x: Shape4D, filter: Shape4D, stride: number | [number, number], pad: Pad) => () => {
    const images = fill(x) as tf.Tensor4D;
    const w = fill(filter, 2) as tf.Tensor4D;
    const conv = (v: tf.Tensor): tf.Tensor => tf.conv2d(images, v as tf.Tensor4D, stride, pad);
    return tf.grad(conv)(w, fill(conv(w).shape, 3));
  };

  test.each<[string, Shape4D, Shape4D, number | [number, number], Pad]>([
    ['several splits', [3, 14, 13, 2], [3, 3, 2, 5], 1, 'same'],
    ['more rows and columns than a tile', [1, 6, 5, 5], [3, 3, 5, 35], 1, 1],
    ['stride 3, valid', [2, 11, 10, 3], [3, 2, 3, 4], 3, 'valid'],
    ['unequal strides and kernel', [2, 9, 8, 2], [1, 7, 2, 3], [2, 1], 'same'],
    ['1 x 1', [2, 3, 3, 4], [1, 1, 4, 8], 1, 'valid'],
    ['one pixel', [1, 1, 1, 1], [1, 1, 1, 1], 1, 'valid'],
  ])('agrees with the cpu backend: %s', async (_name, x, filter, stride, pad) => {
    await expectAsOnCpu(gradient(x, filter, stride, pad));
  });

  test('leaves channels first to the stock kernel', async () => {
    const run = () => {
      const images = fill([2, 3, 5, 5]) as tf.Tensor4D;
      const conv = (v: tf.Tensor): tf.Tensor => tf.conv2d(images, v as tf.Tensor4D, 1, 'valid', 'NCHW');
      return tf.grad(conv)(fill([2, 2, 3, 4], 2));
    };
    await expectAsOnCpu(run);
  });

  test('repeats bit for bit and leaves no tensor behind', async () => {
    const run = gradient([3, 14, 13, 2], [3, 3, 2, 5], 1, 'same');
    const { numTensors, numDataBuffers } = tf.memory();
    const bits: Uint32Array[] = [];
    for (let i = 0; i < 2; i++) {
      const dw = tf.tidy(run);
      bits.push(new Uint32Array((await dw.data<'float32'>()).slice().buffer));
      dw.dispose();
    }
    expect(bits[1]).toEqual(bits[0]);
    expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers });
    await currentBackend().checkErrors();
  });
});
