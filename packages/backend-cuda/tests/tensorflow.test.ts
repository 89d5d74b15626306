import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { tensorflowBackend } from '../src/index.ts';
import { builtPackage } from './binding.ts';

const folder = builtPackage('tfjs-node');

type Shape4D = [number, number, number, number];

const random = (shape: Shape4D, seed: number) => tf.randomNormal<tf.Rank.R4>(shape, 0, 1, 'float32', seed);

/** Largest absolute difference of an expression between libtensorflow and plain JavaScript, inputs equal. */
async function differenceToCpu(expression: () => tf.Tensor[]): Promise<number> {
  const run = async (backend: string) => {
    await tf.setBackend(backend);
    const outputs = tf.tidy(expression);
    const values = await Promise.all(outputs.map((t) => t.data()));
    tf.dispose(outputs);
    return values;
  };
  const expected = await run('cpu');
  const actual = await run('tensorflow');
  let difference = 0;
  expected.forEach((values, i) => {
    expect(actual[i]!.length).toBe(values.length);
    values.forEach((value, j) => {
      difference = Math.max(difference, Math.abs(value - actual[i]![j]!));
    });
  });
  return difference;
}

describe.skipIf(!folder)('libtensorflow on the CPU', () => {
  beforeAll(async () => {
    process.env['ZOO_TFJS_NODE'] = folder;
    delete process.env['TF_ENABLE_ONEDNN_OPTS'];
    expect(await tensorflowBackend().probe()).toMatchObject({ available: true });
    // tfjs-node brings the cpu backend's kernels, and says of each whether it was there.
    tf.registerKernel({ kernelName: tf.Add, backendName: 'cpu', kernelFunc: () => [] });
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    expect(await tensorflowBackend().init()).toBe('tensorflow');
    expect(warn.mock.calls.filter(([text]) => /already registered/.test(`${text}`))).toEqual([]);
    warn.mockRestore();
  });

  it('is current after init, as often as it is asked', async () => {
    expect(tf.getBackend()).toBe('tensorflow');
    expect(await tensorflowBackend().init()).toBe('tensorflow');
  });

  it.each([
    ['valid', 1],
    ['same', 1],
    ['valid', 2],
    ['same', 2],
  ] as const)('convolution and its gradients, %s padding, stride %i', async (pad, stride) => {
    const difference = await differenceToCpu(() => {
      const x = random([2, 9, 8, 3], 1);
      const w = random([3, 3, 3, 4], 2);
      const convolve = (a: tf.Tensor, b: tf.Tensor) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, stride, pad);
      return [convolve(x, w), ...tf.grads(convolve)([x, w])];
    });
    expect(difference).toBeLessThan(1e-3);
  });

  it('depthwise convolution and its gradients', async () => {
    const difference = await differenceToCpu(() => {
      const x = random([2, 9, 8, 3], 1);
      const w = random([3, 3, 3, 2], 2);
      const convolve = (a: tf.Tensor, b: tf.Tensor) =>
        tf.depthwiseConv2d(a as tf.Tensor4D, b as tf.Tensor4D, 2, 'same');
      return [convolve(x, w), ...tf.grads(convolve)([x, w])];
    });
    expect(difference).toBeLessThan(1e-3);
  });

  // Refused by the kernels that libtensorflow itself chooses on AVX2.
  it('convolution in NCHW and its gradients', async () => {
    const difference = await differenceToCpu(() => {
      const x = random([2, 3, 9, 8], 1);
      const w = random([3, 3, 3, 4], 2);
      const convolve = (a: tf.Tensor, b: tf.Tensor) =>
        tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, 'valid', 'NCHW');
      return [convolve(x, w), ...tf.grads(convolve)([x, w])];
    });
    expect(difference).toBeLessThan(1e-3);
  });

  it.each([2, 3])('depthwise convolution with dilation %i', async (dilation) => {
    const difference = await differenceToCpu(() => [
      tf.depthwiseConv2d(random([2, 9, 8, 3], 1), random([3, 3, 3, 2], 2), 1, 'same', 'NHWC', dilation),
    ]);
    expect(difference).toBeLessThan(1e-3);
  });

  it('has switched oneDNN on, whatever the processor', () => {
    if (process.arch === 'x64') expect(process.env['TF_ENABLE_ONEDNN_OPTS']).toBe('1');
  });

  it('maximum and average pooling and their gradients', async () => {
    const difference = await differenceToCpu(() => {
      const x = random([2, 8, 8, 3], 1);
      const pools = [tf.maxPool, tf.avgPool].map((pool) => (a: tf.Tensor) => pool(a as tf.Tensor4D, 3, 2, 'valid'));
      return pools.flatMap((pool) => [pool(x), tf.grad(pool)(x)]);
    });
    expect(difference).toBeLessThan(1e-5);
  });

  it.each([
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ])('batched matrix product and its gradients, transposed %s, %s', async (transposeA, transposeB) => {
    const difference = await differenceToCpu(() => {
      const a = tf.randomNormal(transposeA ? [3, 4, 2] : [3, 2, 4], 0, 1, 'float32', 1);
      const b = tf.randomNormal(transposeB ? [3, 5, 4] : [3, 4, 5], 0, 1, 'float32', 2);
      const product = (x: tf.Tensor, y: tf.Tensor) => tf.matMul(x, y, transposeA, transposeB);
      return [product(a, b), ...tf.grads(product)([a, b])];
    });
    expect(difference).toBeLessThan(1e-4);
  });

  it.each([
    ['nearest', tf.image.resizeNearestNeighbor],
    ['bilinear', tf.image.resizeBilinear],
  ] as const)('the gradient of %s resizing belongs to the half-pixel forward pass', async (_, resize) => {
    await tf.setBackend('tensorflow');
    const tensors = tf.memory().numTensors;
    const [forward, backward] = tf.tidy(() => {
      const map = (x: tf.Tensor) => resize(x as tf.Tensor4D, [7, 9], false, true);
      const x = random([2, 4, 6, 3], 1);
      const dy = random([2, 7, 9, 3], 2);
      return [tf.sum(tf.mul(map(x), dy)), tf.sum(tf.mul(x, tf.grad(map)(x, dy)))];
    });
    const [a, b] = [(await forward!.data())[0]!, (await backward!.data())[0]!];
    tf.dispose([forward!, backward!]);
    expect(Math.abs(a - b)).toBeLessThan(1e-4 * (1 + Math.abs(a)));
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('trains a small convolutional net without leaving tensors behind', async () => {
    await tf.setBackend('tensorflow');
    // Class 1 has its bright half below.
    const images = tf.tidy(() => {
      const noise = tf.randomUniform([16, 8, 8, 1], 0, 0.3, 'float32', 3);
      const half = tf.concat([tf.zeros([8, 4, 8, 1]), tf.ones([8, 4, 8, 1])], 1);
      return tf.add(noise, tf.concat([tf.reverse(half, 1), half], 0)) as tf.Tensor4D;
    });
    const labels = tf.tidy(() => tf.oneHot(tf.tensor1d([0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1], 'int32'), 2));
    const kernel = tf.variable(tf.randomNormal<tf.Rank.R4>([3, 3, 1, 4], 0, 0.3, 'float32', 4));
    const dense = tf.variable(tf.randomNormal<tf.Rank.R2>([36, 2], 0, 0.3, 'float32', 5));
    const optimizer = tf.train.adam(0.01);
    const loss = () => {
      const maps = tf.maxPool(tf.relu(tf.conv2d(images, kernel, 1, 'valid')), 2, 2, 'valid');
      return tf.losses.softmaxCrossEntropy(labels, tf.matMul(tf.reshape(maps, [16, 36]), dense)) as tf.Scalar;
    };
    const read = async (scalar: tf.Scalar) => {
      const [value] = await scalar.data();
      scalar.dispose();
      return value!;
    };
    const first = await read(optimizer.minimize(loss, true)!);
    const tensors = tf.memory().numTensors;
    for (let step = 0; step < 40; step++) optimizer.minimize(loss);
    expect(tf.memory().numTensors).toBe(tensors);
    expect(await read(tf.tidy(loss))).toBeLessThan(first / 4);
    optimizer.dispose();
    tf.dispose([images, labels, kernel, dense]);
  });
});
