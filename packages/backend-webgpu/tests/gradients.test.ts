import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { currentBackend, describeOnWebgpu, expectAsOnCpu, fill, on } from './webgpu-host.ts';

type Conv = (x: tf.Tensor4D, w: tf.Tensor4D) => tf.Tensor;

/** The output and both gradients of a two-argument operation. */
const withGrads = (x: number[], w: number[], op: Conv) => () => {
  const input = fill(x, 1) as tf.Tensor4D;
  const kernel = fill(w, 2) as tf.Tensor4D;
  const y = op(input, kernel);
  const grads = tf.grads((a: tf.Tensor, b: tf.Tensor) => op(a as tf.Tensor4D, b as tf.Tensor4D));
  return [y, ...grads([input, kernel], fill(y.shape, 3))];
};

describeOnWebgpu('gradients on WebGPU', () => {
  test.each([1, 2, 3, 5, 6, 7])('conv2d with stride %i', async (stride) => {
    const op: Conv = (x, w) => tf.conv2d(x, w, stride, 1);
    await expectAsOnCpu(withGrads([2, 11, 9, 4], [3, 3, 4, 8], op), 2e-5);
    await expectAsOnCpu(withGrads([2, 11, 9, 3], [3, 3, 3, 5], op), 2e-5);
  });

  test('conv2d through the matrix form of the input gradient', async () => {
    tf.env().set('WEBGPU_USE_NAIVE_CONV2D_TRANSPOSE', false);
    try {
      await expectAsOnCpu(
        withGrads([2, 9, 9, 4], [3, 3, 4, 4], (x, w) => tf.conv2d(x, w, 3, 1)),
        2e-5,
      );
    } finally {
      tf.env().set('WEBGPU_USE_NAIVE_CONV2D_TRANSPOSE', true);
    }
  });

  test('conv2dTranspose', async () => {
    await expectAsOnCpu(
      withGrads([2, 4, 3, 4], [3, 3, 6, 4], (x, w) => tf.conv2dTranspose(x, w, [2, 11, 8, 6], 3, 'same')),
      2e-4,
    );
  });

  test.each([1, 2, 3])('depthwiseConv2d with stride %i', async (stride) => {
    await expectAsOnCpu(
      withGrads([2, 8, 9, 3], [3, 3, 3, 2], (x, w) => tf.depthwiseConv2d(x, w, stride, 'same')),
      2e-5,
    );
  });

  test.each([2, 3])('avgPool with stride %i', async (stride) => {
    await expectAsOnCpu(() => {
      const x = fill([2, 8, 9, 3]) as tf.Tensor4D;
      const y = tf.avgPool(x, 3, stride, 'same');
      return [y, tf.grad((v: tf.Tensor) => tf.avgPool(v as tf.Tensor4D, 3, stride, 'same'))(x, fill(y.shape, 5))];
    });
  });

  test('localResponseNormalization', async () => {
    await expectAsOnCpu(() => {
      const lrn = (v: tf.Tensor): tf.Tensor => tf.localResponseNormalization(v as tf.Tensor4D, 2, 2, 0.5, 0.75);
      const x = fill([1, 2, 3, 8]);
      return [lrn(x), tf.grad(lrn)(x, fill(x.shape, 4))];
    });
  });

  test('resizeBilinear', async () => {
    // tfjs's cpu backend swaps height and width of this gradient, so the oracle sees a square.
    await expectAsOnCpu(() => {
      const resize = (v: tf.Tensor): tf.Tensor => tf.image.resizeBilinear(v as tf.Tensor4D, [5, 7]);
      return tf.grad(resize)(fill([2, 3, 3, 2]), fill([2, 5, 7, 2]));
    });
    await expectAsOnCpu(() => tf.image.resizeBilinear(fill([2, 3, 4, 2]) as tf.Tensor4D, [5, 7], false, true));
  });

  test('resizeBilinear of an oblong image keeps its shape and the sum of the gradient', async () => {
    const resize = (v: tf.Tensor): tf.Tensor => tf.image.resizeBilinear(v as tf.Tensor4D, [6, 8]);
    const [dx, dy] = await on('webgpu', () => {
      const upstream = fill([1, 6, 8, 1]);
      return [tf.grad(resize)(fill([1, 3, 4, 1]), upstream), upstream];
    });
    const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);
    expect(dx!.shape).toEqual([1, 3, 4, 1]);
    expect(sum(dx!.values)).toBeCloseTo(sum(dy!.values), 4);
  });

  test('gather, moments and softmax cross-entropy', async () => {
    const indices = [2, 0, 2, 1, 2];
    await expectAsOnCpu(() => {
      const gathered = tf.grad((t: tf.Tensor) => tf.gather(t, tf.tensor1d(indices, 'int32')));
      const normalise = tf.grad((v: tf.Tensor) => {
        const { mean, variance } = tf.moments(v, [0, 1, 2]);
        return tf.mul(tf.sub(v, mean), tf.rsqrt(tf.add(variance, 1e-5)));
      });
      const labels = tf.oneHot(tf.tensor1d([1, 0, 2], 'int32'), 4);
      const loss = tf.grad((v: tf.Tensor) => tf.losses.softmaxCrossEntropy(labels, v));
      return [
        gathered(fill([4, 3]), fill([5, 3], 9)),
        normalise(fill([2, 3, 3, 4]), fill([2, 3, 3, 4], 6)),
        loss(fill([3, 4]), tf.scalar(1)),
        tf.einsum('bij,bjk->bik', fill([2, 3, 4]), fill([2, 4, 5], 2)),
      ];
    }, 5e-5);
  });
});

describeOnWebgpu('shaders of gradients', () => {
  test('never divide by a stride in floating point', async () => {
    const { device } = currentBackend();
    const sources: string[] = [];
    const original = device.createShaderModule;
    device.createShaderModule = (descriptor) => {
      sources.push(descriptor.code);
      return original.call(device, descriptor);
    };
    try {
      // Ranks or flags unlike those of other tests, so that nothing comes from the pipeline cache.
      const outputs = tf.tidy(() => [
        ...withGrads([1, 5, 5, 4], [2, 2, 4, 4], (x, w) => tf.conv2d(x, w, 3, 'same', 'NHWC'))(),
        ...withGrads([1, 4, 5, 5], [2, 2, 4, 4], (x, w) => tf.conv2d(x, w, 3, 'valid', 'NCHW'))(),
        tf.grad((x: tf.Tensor) => tf.conv3d(x as tf.Tensor5D, fill([2, 2, 2, 1, 2]) as tf.Tensor5D, 3, 'same'))(
          fill([1, 4, 4, 4, 1]),
        ),
        tf.grad((x: tf.Tensor) => tf.maxPool3d(x as tf.Tensor5D, 2, 3, 'same'))(fill([1, 4, 4, 4, 1])),
        tf.grad((x: tf.Tensor) => tf.avgPool3d(x as tf.Tensor5D, 2, 3, 'same'))(fill([1, 4, 4, 4, 1])),
      ]);
      await currentBackend().checkErrors();
      tf.dispose(outputs);
    } finally {
      device.createShaderModule = original;
    }
    const dividing = sources.filter((code) => code.includes('exactQuotient'));
    expect(dividing.length).toBeGreaterThanOrEqual(3);
    for (const code of sources) expect(code).not.toMatch(/\/ f32\(uniforms\.strides/);
  });
});
