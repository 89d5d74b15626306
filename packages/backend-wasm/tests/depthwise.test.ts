import * as tf from '@tensorflow/tfjs-core';
import { describe, it } from 'vitest';
import { expectLikeCpu, normal, pick, rngFor } from './against-cpu.ts';

type Pad = Parameters<typeof tf.depthwiseConv2d>[3];

const randomCase = (seed: number) => {
  const rng = rngFor(seed);
  const kh = 1 + rng.int(4);
  const kw = 1 + rng.int(4);
  const c = pick(rng, [1, 3, 4, 5, 16, 19, 33]);
  const stride = 1 + rng.int(2);
  const pad: Pad = pick(rng, ['same', 'valid'] as const);
  return {
    x: [1 + rng.int(2), kh + rng.int(8), kw + rng.int(8), c] as [number, number, number, number],
    filter: [kh, kw, c, pick(rng, [1, 1, 2, 3])] as [number, number, number, number],
    stride,
    pad,
  };
};

describe('depthwise convolution, compared with the cpu backend', () => {
  it('forward, with and without dilation', async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const c = randomCase(seed);
      const rng = rngFor(100 + seed);
      const x = c.x.map((size, axis) => (axis === 1 || axis === 2 ? size + 6 : size));
      const [strides, dilations] = seed % 3 ? [c.stride, 1] : [1, 2];
      await expectLikeCpu(JSON.stringify(c), [normal(rng, x), normal(rng, c.filter)], (t, w) =>
        tf.depthwiseConv2d(t as tf.Tensor4D, w as tf.Tensor4D, strides, c.pad, 'NHWC', dilations),
      );
    }
  });

  it('gradients of image and filter', async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const c = randomCase(seed);
      const rng = rngFor(200 + seed);
      const info = tf.backend_util.computeConv2DInfo(c.x, c.filter, c.stride, 1, c.pad, 'floor', true);
      const inputs = [normal(rng, c.x), normal(rng, c.filter), normal(rng, info.outShape)];
      await expectLikeCpu(JSON.stringify(c), inputs, (x, w, dy) =>
        tf.grads((a: tf.Tensor, b: tf.Tensor) =>
          tf.depthwiseConv2d(a as tf.Tensor4D, b as tf.Tensor4D, c.stride, c.pad),
        )([x!, w!], dy),
      );
    }
  });

  it('fused with bias and activation', async () => {
    const rng = rngFor(3);
    const inputs = [normal(rng, [2, 6, 7, 5]), normal(rng, [3, 3, 5, 1]), normal(rng, [5])];
    await expectLikeCpu('fused', inputs, (x, filter, bias) =>
      tf.fused.depthwiseConv2d({
        ...{
          x: x as tf.Tensor4D,
          filter: filter as tf.Tensor4D,
          bias: bias!,
          strides: 1,
          pad: 'same',
          activation: 'relu6',
        },
      }),
    );
  });
});
