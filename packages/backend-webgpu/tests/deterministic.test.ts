import * as tf from '@tensorflow/tfjs-core';
import { isZooError } from '@zoo/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { orderedSegmentSum } from '../src/kernels/unsorted-segment-sum.ts';
import { currentBackend, describeOnWebgpu, expectAsOnCpu, fill, on, plugin } from './webgpu-host.ts';

/** Five SGD steps of an embedding, a convolution and a wide product; returns every parameter's bits. */
async function trainBits(): Promise<Uint32Array[]> {
  const ids = tf.tensor1d(
    Array.from({ length: 24 }, (_, i) => (i * i) % 5),
    'int32',
  );
  const params = [fill([5, 16], 1), fill([3, 3, 1, 4], 2), fill([2100, 12], 3)].map((init) => {
    const variable = tf.variable(init);
    init.dispose();
    return variable;
  });
  const [table, kernel, dense] = params as [tf.Variable, tf.Variable, tf.Variable];
  const wide = fill([12, 2100], 4);
  const optimizer = tf.train.sgd(0.05);
  for (let step = 0; step < 5; step++) {
    optimizer.minimize(
      () => {
        const images = tf.reshape(tf.gather(table, ids), [6, 8, 8, 1]) as tf.Tensor4D;
        const features = tf.relu(tf.conv2d(images, kernel as unknown as tf.Tensor4D, 2, 1));
        const product = tf.matMul(wide as tf.Tensor2D, dense as unknown as tf.Tensor2D);
        return tf.add(tf.mean(tf.square(features)), tf.mean(tf.square(product))) as tf.Scalar;
      },
      false,
      params as tf.Variable[],
    );
  }
  const bits: Uint32Array[] = [];
  for (const param of params) bits.push(new Uint32Array((await param.data<'float32'>()).slice().buffer));
  tf.dispose([ids, wide, ...params]);
  optimizer.dispose();
  return bits;
}

describeOnWebgpu('deterministic mode', () => {
  beforeAll(() => plugin.setDeterministic!(true));
  afterAll(() => plugin.setDeterministic!(false));

  test('training repeats bit for bit', async () => {
    const first = await trainBits();
    const second = await trainBits();
    expect(first.some((param) => param.some((bit) => bit !== 0))).toBe(true);
    expect(second).toEqual(first);
  });

  test('runs no program that adds floats atomically', async () => {
    const atomic: string[] = [];
    const backend = currentBackend();
    const original = backend.runWebGPUProgram;
    backend.runWebGPUProgram = (program, ...rest) => {
      if (program.atomic) atomic.push(program.shaderKey);
      return original.call(backend, program, ...rest);
    };
    try {
      await trainBits();
    } finally {
      backend.runWebGPUProgram = original;
    }
    expect(atomic).toEqual([]);
  });

  test('sums segments as the cpu backend does, dropping negative ids', async () => {
    const ids = [3, 0, -1, 3, 1, 3, 0];
    await expectAsOnCpu(() => tf.unsortedSegmentSum(fill([7, 2, 3]), tf.tensor1d(ids, 'int32'), 5));
    const sum = () => tf.unsortedSegmentSum(tf.range(0, 7, 1, 'int32'), tf.tensor1d(ids, 'int32'), 5);
    expect(await on('webgpu', sum)).toEqual([{ shape: [5], dtype: 'int32', values: [7, 4, 0, 8, 0] }]);
  });

  test('sums no items at all to zeros', async () => {
    const [result] = await on('webgpu', () => {
      const x = tf.tensor2d([], [0, 3]);
      const info = orderedSegmentSum(currentBackend(), x, tf.tensor1d([], 'int32'), 2);
      return tf.engine().makeTensorFromTensorInfo(info);
    });
    expect(result).toEqual({ shape: [2, 3], dtype: 'float32', values: [0, 0, 0, 0, 0, 0] });
  });

  test('refuses an operation that cannot repeat', () => {
    const scatter = () => tf.scatterND(tf.tensor2d([[1], [1]], [2, 1], 'int32'), fill([2]), [3]);
    let error: unknown;
    try {
      tf.tidy(scatter);
    } catch (thrown) {
      error = thrown;
    }
    expect(isZooError(error) && error.code).toBe('NOT_SUPPORTED');
    expect((error as Error).message).toContain('setDeterministic(false)');
  });

  test('gives the flags back when it is turned off', () => {
    plugin.setDeterministic!(false);
    expect(tf.env().get('WEBGPU_MATMUL_PROGRAM_TYPE')).toBe(-1);
    plugin.setDeterministic!(true);
    expect(tf.env().get('WEBGPU_MATMUL_PROGRAM_TYPE')).toBe(3);
    expect(tf.env().getBool('WEBGPU_CPU_FORWARD')).toBe(false);
  });
});
