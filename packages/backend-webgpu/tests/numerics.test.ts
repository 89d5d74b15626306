import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { currentBackend, describeOnWebgpu, expectAsOnCpu, fill, on, relativeError } from './webgpu-host.ts';

describeOnWebgpu('logarithms on WebGPU', () => {
  test('log of zero, negatives, infinity and NaN', async () => {
    const values = [0, -0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1, Math.E];
    const [result] = await on('webgpu', () => tf.log(tf.tensor1d(values)));
    const expected = [-Infinity, -Infinity, NaN, NaN, Infinity, 0, 1];
    expect(relativeError(result!.values, expected)).toBeLessThan(1e-6);
  });

  test('log1p below, at and just above -1, near 0 and at infinity', async () => {
    const values = [-2, -1, -0.5, -1e-7, 0, 1e-7, 3e-5, 1, Number.POSITIVE_INFINITY, Number.NaN];
    const [result] = await on('webgpu', () => tf.log1p(tf.tensor1d(values)));
    result!.values.forEach((value, i) => {
      const want = Math.log1p(values[i]!);
      if (Number.isFinite(want)) expect(Math.abs(value - want)).toBeLessThanOrEqual(2e-6 * Math.abs(want));
      else expect(value).toBe(want);
    });
  });
});

describeOnWebgpu('other functions on WebGPU', () => {
  test('expm1 keeps small values', async () => {
    const values = [-3, -0.31, -0.29, -1e-6, 0, 1e-7, 0.01, 0.29, 0.31, 2];
    const [result] = await on('webgpu', () => tf.expm1(tf.tensor1d(values)));
    result!.values.forEach((value, i) => {
      const want = Math.expm1(values[i]!);
      expect(Math.abs(value - want)).toBeLessThanOrEqual(2e-6 * Math.abs(want));
    });
  });

  test('inverse hyperbolic functions, exp, sigmoid and softmax of NaN are NaN', async () => {
    const nan = () => tf.tensor2d([Number.NaN, 1], [1, 2]);
    const functions = [tf.acosh, tf.asinh, tf.atanh, tf.exp, tf.sigmoid, tf.tanh, tf.expm1];
    const results = await on('webgpu', () => functions.map((fn) => fn(nan())));
    expect(results.map(({ values }) => values[0])).toEqual(functions.map(() => NaN));
    const [softmax] = await on('webgpu', () => tf.softmax(nan()));
    expect(softmax!.values).toEqual([NaN, NaN]);
  });

  test('cumulative sums of different lengths do not share a shader', async () => {
    const sums = (length: number): tf.Tensor[] => [
      tf.cumsum(fill([length]), 0, false, true),
      tf.cumsum(fill([2, length]), 1, true, true),
      tf.cumprod(fill([length]), 0, true, true),
    ];
    await expectAsOnCpu(() => [...sums(5), ...sums(9), ...sums(3)]);
  });

  test('counts values: plain, weighted, with int32 weights and binary', async () => {
    const x = () => tf.tensor1d([1, 4, 1, 0, 7], 'int32');
    const rows = () => tf.tensor2d([1, 1, 0, 2, 2, 9], [2, 3], 'int32');
    await expectAsOnCpu(() => [
      tf.bincount(x(), tf.tensor1d([]), 5),
      tf.bincount(x(), tf.tensor1d([0.5, 2, 1.25, 1, 1]), 5),
      tf.bincount(x(), tf.tensor1d([3, 2, 1, 5, 1], 'int32'), 5),
      tf.denseBincount(rows(), tf.tensor2d([], [0, 0]), 3),
      tf.denseBincount(rows(), tf.tensor2d([], [0, 0]), 3, true),
    ]);
    // tfjs's cpu backend ignores "binary" for one row.
    const [binary] = await on('webgpu', () => tf.denseBincount(x(), tf.tensor1d([]), 5, true));
    expect(binary!.values).toEqual([1, 1, 0, 0, 1]);
  });
});

describeOnWebgpu('max pooling on WebGPU', () => {
  const grad = (x: () => tf.Tensor, size: number, stride: number, pad: number | 'same' | 'valid') => () => {
    const input = x() as tf.Tensor4D;
    const dy = fill(tf.maxPool(input, size, stride, pad).shape, 7);
    return tf.grad((v: tf.Tensor) => tf.maxPool(v as tf.Tensor4D, size, stride, pad))(input, dy);
  };

  test('keeps NaN, whose last one gets the gradient', async () => {
    const x = () => tf.tensor4d([1, Number.NaN, Number.NaN, 4, 5, 6, 7, Infinity], [2, 2, 2, 1]);
    const dx = () => tf.grad((v: tf.Tensor) => tf.maxPool(v as tf.Tensor4D, 2, 2, 'valid'))(x());
    const [y, slopes] = await on('webgpu', () => [tf.maxPool(x(), 2, 2, 'valid'), dx()]);
    expect(y!.values).toEqual([Number.NaN, Infinity]);
    expect(slopes!.values).toEqual([0, 0, 1, 0, 0, 0, 0, 1]);
  });

  test('sends the gradient to the first of equal maxima, as PyTorch', async () => {
    const x = () => tf.tensor4d([3, 3, 3, 3], [1, 2, 2, 1]);
    const dx = () => tf.grad((v: tf.Tensor) => tf.maxPool(v as tf.Tensor4D, 2, 2, 'valid'))(x(), tf.ones([1, 1, 1, 1]));
    const [result] = await on('webgpu', dx);
    expect(result!.values).toEqual([1, 0, 0, 0]);
  });

  test('of windows of -Infinity and of values below -1e20', async () => {
    const x = () => tf.tensor4d([-Infinity, -Infinity, -1e30, -2e30], [2, 1, 2, 1]);
    const [result] = await on('webgpu', () => tf.maxPool(x(), [1, 2], 1, 'valid'));
    expect(result!.values).toEqual([-Infinity, Math.fround(-1e30)]);
  });

  test('routes gradients of windows that hold infinities', async () => {
    const x = () => tf.tensor4d([Infinity, 1, Infinity, 2, -Infinity, -Infinity, 0, -1], [2, 2, 2, 1]);
    await expectAsOnCpu(grad(x, 2, 2, 'valid'), 0);
  });

  test.each([1, 2, 3])('gradients of non-positive windows with stride %i', async (stride) => {
    const x = () => tf.sub(fill([2, 7, 8, 3]), 1.5);
    await expectAsOnCpu(() => [tf.maxPool(x() as tf.Tensor4D, 3, stride, 1), grad(x, 3, stride, 1)()]);
  });

  test('returns the first position with maxPoolWithArgmax', async () => {
    const x = () => tf.tensor4d([2, 2, 2, 2, 1, 5, 5, 1], [2, 2, 2, 1]);
    await expectAsOnCpu(() => {
      const { result, indexes } = tf.maxPoolWithArgmax(x(), 2, 2, 'valid');
      return [result!, indexes!];
    }, 0);
  });
});

describeOnWebgpu('a batch larger than the device dispatches', () => {
  test('is convolved in parts', async () => {
    const backend = currentBackend();
    const allowed = backend.maxWorkgroups;
    // Real devices allow 65535, which takes a software adapter half a minute.
    backend.maxWorkgroups = 64;
    try {
      const kernel = () => fill([2, 2, 2, 5], 2) as tf.Tensor4D;
      const x = () => fill([130, 4, 3, 2]) as tf.Tensor4D;
      const bias = () => fill([5], 3) as tf.Tensor1D;
      await expectAsOnCpu(() => [
        tf.conv2d(x(), kernel(), 1, 'same'),
        tf.fused.conv2d({ x: x(), filter: kernel(), strides: 2, pad: 'valid', bias: bias(), activation: 'relu' }),
      ]);
    } finally {
      backend.maxWorkgroups = allowed;
    }
  });
});
