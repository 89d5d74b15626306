import * as tf from '@tensorflow/tfjs-core';
import { createRng } from '@zoo/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { wasmBackend } from '../src/index.ts';

beforeAll(async () => {
  await wasmBackend().init();
});

const variable = (shape: number[], scale: number, seed: number) =>
  tf.tidy(() => tf.variable(tf.randomNormal(shape, 0, scale, 'float32', seed)));

interface Heap {
  wasm: { HEAPU8: Uint8Array };
}

describe('300 steps of a net like LeNet', () => {
  it('learn, leave no tensor behind and do not grow the heap', async () => {
    const weights = {
      conv1: variable([5, 5, 1, 6], 0.2, 1),
      bias1: variable([6], 0.01, 2),
      conv2: variable([5, 5, 6, 16], 0.1, 3),
      dense: variable([400, 10], 0.05, 4),
      embedding: variable([10, 400], 0.05, 5),
    };
    const rng = createRng(6);
    const images = tf.tensor4d(
      Float32Array.from({ length: 8 * 28 * 28 }, () => rng.normal()),
      [8, 28, 28, 1],
    );
    const labels = tf.tensor1d([0, 1, 2, 3, 4, 5, 6, 7], 'int32');
    const loss = (): tf.Scalar => {
      const h1 = tf.relu(tf.add(tf.conv2d(images, weights.conv1 as tf.Tensor4D, 1, 'same'), weights.bias1));
      const h2 = tf.conv2d(tf.avgPool(h1 as tf.Tensor4D, 2, 2, 'valid'), weights.conv2 as tf.Tensor4D, 1, 'valid');
      const features = tf.add(
        tf.reshape(tf.maxPool(h2, 2, 2, 'valid'), [8, 400]),
        tf.gather(weights.embedding, labels),
      );
      const logits = tf.matMul(features, weights.dense);
      return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), tf.oneHot(labels, 10)), 1))) as tf.Scalar;
    };
    const parameters = Object.values(weights);
    const step = () =>
      tf.tidy(() => {
        const { value, grads } = tf.variableGrads(loss, parameters);
        for (const p of parameters) p.assign(tf.sub(p, tf.mul(grads[p.name]!, 0.05)));
        return tf.keep(value);
      });
    const heapBytes = () => (tf.backend() as unknown as Heap).wasm.HEAPU8.buffer.byteLength;
    const read = async (t: tf.Tensor): Promise<number> => {
      const value = (await t.data())[0]!;
      t.dispose();
      return value;
    };
    const first = await read(step());
    for (let i = 0; i < 20; i++) step().dispose();
    const before = { tensors: tf.memory().numTensors, buffers: tf.memory().numDataBuffers, heap: heapBytes() };
    for (let i = 0; i < 299; i++) step().dispose();
    const last = await read(step());
    const after = { tensors: tf.memory().numTensors, buffers: tf.memory().numDataBuffers, heap: heapBytes() };
    expect(after).toEqual(before);
    expect(first).toBeGreaterThan(1);
    expect(last).toBeLessThan(0.01);
    tf.dispose([images, labels, parameters]);
  });
});
