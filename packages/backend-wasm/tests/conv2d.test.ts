import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { wasmBackend } from '../src/index.ts';
import { codeOf, expectLikeCpu, normal, pick, rngFor } from './against-cpu.ts';

type Conv = Parameters<typeof tf.conv2d>;

interface Case {
  x: [number, number, number, number];
  filter: [number, number, number, number];
  strides: [number, number];
  pad: Conv[3];
}

const randomCase = (seed: number): Case => {
  const rng = rngFor(seed);
  const kh = 1 + rng.int(5);
  const kw = 1 + rng.int(5);
  const c = pick(rng, [1, 2, 3, 4, 6, 7, 16, 17, 24, 37]);
  const o = pick(rng, [1, 2, 3, 5, 6, 7, 8, 11, 16, 19, 40]);
  const explicit: Conv[3] = [
    [0, 0],
    [rng.int(kh), rng.int(kh)],
    [rng.int(kw), rng.int(kw)],
    [0, 0],
  ];
  return {
    x: [1 + rng.int(3), kh + rng.int(9), kw + rng.int(9), c],
    filter: [kh, kw, c, o],
    strides: [1 + rng.int(3), 1 + rng.int(3)],
    pad: pick(rng, ['same', 'valid', explicit] as const),
  };
};

const describeCase = (c: Case): string => JSON.stringify(c);

// Sizes of real layers: more rows and columns than one block of the matrix product, and LeNet's.
const layers: Case[] = [
  {
    x: [2, 28, 28, 1],
    filter: [5, 5, 1, 6],
    strides: [1, 1],
    pad: [
      [0, 0],
      [2, 2],
      [2, 2],
      [0, 0],
    ],
  },
  { x: [2, 14, 14, 6], filter: [5, 5, 6, 16], strides: [1, 1], pad: 'valid' },
  {
    x: [1, 20, 20, 3],
    filter: [7, 7, 3, 64],
    strides: [2, 2],
    pad: [
      [0, 0],
      [3, 3],
      [3, 3],
      [0, 0],
    ],
  },
  { x: [2, 9, 9, 64], filter: [3, 3, 64, 70], strides: [1, 1], pad: 'same' },
  { x: [1, 7, 7, 40], filter: [3, 3, 40, 300], strides: [2, 1], pad: 'same' },
  { x: [3, 8, 8, 48], filter: [1, 1, 48, 32], strides: [2, 2], pad: 'valid' },
  { x: [1, 4, 40, 2], filter: [1, 20, 2, 3], strides: [1, 1], pad: 'same' },
];

const cases = [...layers, ...Array.from({ length: 60 }, (_, i) => randomCase(i + 1))];

describe('convolution, compared with the cpu backend', () => {
  it('forward', async () => {
    for (const [i, c] of cases.entries()) {
      const rng = rngFor(1000 + i);
      await expectLikeCpu(describeCase(c), [normal(rng, c.x), normal(rng, c.filter)], (x, w) =>
        tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, c.strides, c.pad),
      );
    }
  });

  it('forward with dilation', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const c = randomCase(seed);
      const rng = rngFor(2000 + seed);
      const x = c.x.map((size, axis) => (axis === 1 || axis === 2 ? size + 10 : size));
      await expectLikeCpu(`dilated ${describeCase(c)}`, [normal(rng, x), normal(rng, c.filter)], (t, w) =>
        tf.conv2d(t as tf.Tensor4D, w as tf.Tensor4D, 1, c.pad, 'NHWC', [1 + (seed % 3), 2]),
      );
    }
  });

  it('gradients of image and filter', async () => {
    for (const [i, c] of cases.entries()) {
      const rng = rngFor(3000 + i);
      const info = tf.backend_util.computeConv2DInfo(c.x, c.filter, c.strides, 1, c.pad);
      const inputs = [normal(rng, c.x), normal(rng, c.filter), normal(rng, info.outShape)];
      await expectLikeCpu(describeCase(c), inputs, (x, w, dy) =>
        tf.grads((a: tf.Tensor, b: tf.Tensor) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, c.strides, c.pad))(
          [x!, w!],
          dy,
        ),
      );
    }
  });

  it('transposed', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const c = randomCase(seed);
      const rng = rngFor(4000 + seed);
      const info = tf.backend_util.computeConv2DInfo(c.x, c.filter, c.strides, 1, c.pad);
      await expectLikeCpu(
        `transposed ${describeCase(c)}`,
        [normal(rng, info.outShape), normal(rng, c.filter)],
        (y, w) => tf.conv2dTranspose(y as tf.Tensor4D, w as tf.Tensor4D, c.x, c.strides, c.pad),
      );
    }
  });

  it('transposed, from more windows than the image has and with a filter larger than it', async () => {
    const rng = rngFor(9);
    await expectLikeCpu('8x8 to 4x4', [normal(rng, [1, 8, 8, 3]), normal(rng, [8, 8, 5, 3])], (y, w) =>
      tf.conv2dTranspose(y as tf.Tensor4D, w as tf.Tensor4D, [1, 4, 4, 5], 1, 'same'),
    );
  });

  it('one-dimensional, with gradients', async () => {
    const rng = rngFor(5);
    await expectLikeCpu('conv1d', [normal(rng, [2, 17, 5]), normal(rng, [3, 5, 7])], (x, w) =>
      tf.grads((a: tf.Tensor, b: tf.Tensor) => tf.conv1d(a as tf.Tensor3D, b as tf.Tensor3D, 2, 'same'))([x!, w!]),
    );
  });

  it('fused with bias and each activation', async () => {
    for (const activation of ['linear', 'relu', 'relu6', 'leakyrelu', 'sigmoid', 'elu', 'prelu'] as const) {
      const rng = rngFor(6);
      const inputs = [normal(rng, [2, 9, 8, 3]), normal(rng, [3, 3, 3, 7]), normal(rng, [7]), normal(rng, [7])];
      await expectLikeCpu(activation, inputs, (x, filter, bias, alpha) =>
        tf.fused.conv2d({
          ...{ x: x as tf.Tensor4D, filter: filter as tf.Tensor4D, bias: bias!, strides: 1, pad: 'same' },
          ...{ activation, leakyreluAlpha: 0.3 },
          ...(activation === 'prelu' ? { preluActivationWeights: alpha! } : {}),
        }),
      );
    }
  });

  it('fused, with gradients of image, filter and bias', async () => {
    const rng = rngFor(7);
    const inputs = [normal(rng, [2, 6, 6, 3]), normal(rng, [3, 3, 3, 5]), normal(rng, [5])];
    await expectLikeCpu('fused gradients', inputs, (...tensors) =>
      tf.grads((x: tf.Tensor, filter: tf.Tensor, bias: tf.Tensor) =>
        tf.fused.conv2d({
          ...{ x: x as tf.Tensor4D, filter: filter as tf.Tensor4D, bias, strides: 1, pad: 'same', activation: 'relu' },
        }),
      )(tensors),
    );
  });

  it('empty batches', async () => {
    const rng = rngFor(8);
    await expectLikeCpu('no images', [normal(rng, [0, 5, 5, 2]), normal(rng, [3, 3, 2, 4])], (x, w) =>
      tf.grads((a: tf.Tensor, b: tf.Tensor) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, 'same'))([x!, w!]),
    );
  });

  it('refuses NCHW instead of reading it as NHWC', async () => {
    await wasmBackend().init();
    const x = tf.zeros<tf.Rank.R4>([1, 4, 5, 5]);
    const dy = tf.zeros<tf.Rank.R4>([1, 2, 5, 5]);
    const filter = tf.zeros<tf.Rank.R4>([3, 3, 4, 2]);
    const attrs = { strides: 1, pad: 'same', dataFormat: 'NCHW', inputShape: x.shape, filterShape: filter.shape };
    for (const [kernel, inputs] of [
      [tf.Conv2D, { x, filter }],
      [tf.Conv2DBackpropInput, { dy, filter }],
      [tf.Conv2DBackpropFilter, { x, dy }],
      [tf.DepthwiseConv2dNative, { x, filter }],
    ] as const) {
      expect(
        codeOf(() => tf.engine().runKernel(kernel, inputs as never, attrs as never)),
        kernel,
      ).toBe('NOT_SUPPORTED');
    }
    tf.dispose([x, dy, filter]);
  });

  it('refuses a gradient that belongs to another batch', async () => {
    await wasmBackend().init();
    const x = tf.zeros<tf.Rank.R4>([2, 5, 5, 3]);
    const dy = tf.zeros<tf.Rank.R4>([1, 5, 5, 4]);
    const attrs = { strides: 1, pad: 'same', dataFormat: 'NHWC', filterShape: [3, 3, 3, 4] };
    const run = () => tf.engine().runKernel(tf.Conv2DBackpropFilter, { x, dy }, attrs as never);
    expect(codeOf(run)).toBe('SHAPE_MISMATCH');
    tf.dispose([x, dy]);
  });
});
