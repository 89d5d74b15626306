import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { wasmBackend } from '../src/index.ts';
import { expectLikeCpu, integers, normal, rngFor } from './against-cpu.ts';

beforeEach(async () => {
  await wasmBackend().init();
});

const valuesOf = async (t: tf.Tensor): Promise<number[]> => {
  const values = Array.from(await t.data());
  t.dispose();
  return values;
};

describe('clipByValue', () => {
  it('keeps NaN, in vectors and in their rest', async () => {
    expect(await valuesOf(tf.clipByValue([Number.NaN, -3, 0.5, 3, Number.NaN, 9], -1, 1))).toEqual([
      Number.NaN,
      -1,
      0.5,
      1,
      Number.NaN,
      1,
    ]);
  });

  it('equals the cpu backend', async () => {
    await expectLikeCpu('float32', [normal(rngFor(1), [3, 7])], (x) => tf.clipByValue(x!, -0.5, 0.7));
    await expectLikeCpu('int32', [integers(rngFor(1), [9], 100)], (x) => tf.clipByValue(x!, 20, 60));
  });
});

describe('cast', () => {
  it('makes booleans 0 and 1', async () => {
    expect(await valuesOf(tf.cast([0, 3, 254.5, -1, 256, 0.25], 'bool'))).toEqual([0, 1, 1, 1, 1, 1]);
    expect(await valuesOf(tf.cast(tf.tensor1d([0, 256, -7], 'int32'), 'bool'))).toEqual([0, 1, 1]);
  });

  it('converts the other types as the cpu backend does', async () => {
    await expectLikeCpu('to int32', [normal(rngFor(1), [9])], (x) => tf.cast(tf.mul(x!, 5), 'int32'));
    await expectLikeCpu('to float32', [integers(rngFor(1), [9], 9)], (x) => tf.cast(x!, 'float32'));
    await expectLikeCpu('there and back', [integers(rngFor(1), [9], 2)], (x) => tf.cast(tf.cast(x!, 'bool'), 'int32'));
  });
});

describe('add', () => {
  it('equals the cpu backend for a value per channel, on either side, and for other shapes', async () => {
    const cases: [number[], number[]][] = [
      [[3, 5, 7, 6], [6]],
      [[9, 70], [70]],
      [
        [5, 3],
        [1, 3],
      ],
      [
        [2, 3],
        [1, 1, 3],
      ],
      [[4], [4]],
      [
        [3, 4],
        [3, 1],
      ],
      [[3, 4], []],
      [[0, 4], [4]],
      [[3, 1], [1]],
    ];
    for (const [a, b] of cases) {
      const rng = rngFor(a.length);
      const inputs = [normal(rng, a), normal(rng, b)];
      await expectLikeCpu(JSON.stringify([a, b]), inputs, (x, y) => [tf.add(x!, y!), tf.add(y!, x!)]);
    }
    await expectLikeCpu('int32', [integers(rngFor(1), [3, 4], 9), integers(rngFor(2), [4], 9)], (x, y) =>
      tf.add(x!, y!),
    );
  });
});

/** NaN with its sign bit set, which is what x86 makes of `Inf - Inf`. */
const negativeNaN = (): tf.Tensor => tf.tensor1d(new Float32Array(new Uint32Array(1024).fill(0xffc00000).buffer));

describe('NaN with its sign bit set', () => {
  const operations: Record<string, (x: tf.Tensor) => tf.Tensor> = {
    relu: tf.relu,
    relu6: tf.relu6,
    sigmoid: tf.sigmoid,
    elu: tf.elu,
    leakyRelu: (x) => tf.leakyRelu(x, 0.1),
    add: (x) => tf.add(x, 1),
    maximum: (x) => tf.maximum(x, 0),
    softmax: tf.softmax,
  };
  it.each(Object.keys(operations))('is kept by %s', async (name) => {
    await wasmBackend().init();
    const y = tf.tidy(() => operations[name]!(negativeNaN()));
    expect((await y.data()).every(Number.isNaN)).toBe(true);
    y.dispose();
  });
});
