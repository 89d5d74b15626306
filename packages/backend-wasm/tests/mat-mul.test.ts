import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { wasmBackend } from '../src/index.ts';
import { codeOf, expectLikeCpu, integers, normal, pick, rngFor } from './against-cpu.ts';

beforeEach(async () => {
  await wasmBackend().init();
});

const flip = (shape: number[], on: boolean): number[] =>
  on ? [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!] : shape;

describe('matMul', () => {
  it('equals the cpu backend for all sizes and transpositions', async () => {
    const sizes = [1, 2, 3, 5, 6, 7, 8, 9, 13, 16, 31, 40];
    for (let seed = 1; seed <= 80; seed++) {
      const rng = rngFor(seed);
      const [m, k, n] = [pick(rng, sizes), pick(rng, sizes), pick(rng, sizes)];
      const [ta, tb] = [rng.int(2) === 1, rng.int(2) === 1];
      const inputs = [normal(rng, flip([m, k], ta)), normal(rng, flip([k, n], tb))];
      await expectLikeCpu(JSON.stringify({ m, k, n, ta, tb }), inputs, (a, b) => tf.matMul(a!, b!, ta, tb));
    }
  });

  it('equals the cpu backend past one block in every direction', async () => {
    for (const [m, k, n] of [
      [100, 300, 20],
      [7, 20, 300],
      [97, 257, 261],
      [2, 600, 35],
      [1, 30, 1],
    ] as const) {
      for (const [ta, tb] of [
        [false, false],
        [true, false],
        [false, true],
        [true, true],
      ] as const) {
        const rng = rngFor(m);
        const inputs = [normal(rng, flip([m, k], ta)), normal(rng, flip([k, n], tb))];
        await expectLikeCpu(JSON.stringify({ m, k, n, ta, tb }), inputs, (a, b) => tf.matMul(a!, b!, ta, tb));
      }
    }
  });

  it('equals the cpu backend on batches, broadcast or not, with gradients', async () => {
    for (const [a, b] of [
      [[4], [4]],
      [
        [2, 3],
        [2, 3],
      ],
      [[1], [5]],
      [[5], [1]],
      [[3], []],
    ] as const) {
      for (const [ta, tb] of [
        [false, false],
        [true, false],
        [false, true],
        [true, true],
      ] as const) {
        const rng = rngFor(9);
        const inputs = [normal(rng, flip([...a, 5, 7], ta)), normal(rng, flip([...b, 7, 6], tb))];
        await expectLikeCpu(JSON.stringify({ a, b, ta, tb }), inputs, (x, y) => tf.matMul(x!, y!, ta, tb));
        if (JSON.stringify(a) !== JSON.stringify(b)) continue; // tfjs-core's own gradient does not undo broadcasting
        await expectLikeCpu(JSON.stringify({ a, b, ta, tb, gradient: true }), inputs, (x, y) =>
          tf.grads((u: tf.Tensor, v: tf.Tensor) => tf.matMul(u, v, ta, tb))([x!, y!]),
        );
      }
    }
  });

  it('broadcasts batch axes on both sides', async () => {
    const [a, b] = [
      tf.randomNormal([2, 1, 3, 4], 0, 1, 'float32', 1),
      tf.randomNormal([1, 3, 4, 5], 0, 1, 'float32', 2),
    ];
    const products = tf.tidy(() => [tf.matMul(a, b), tf.matMul(tf.tile(a, [1, 3, 1, 1]), tf.tile(b, [2, 1, 1, 1]))]);
    expect(products[0]!.shape).toEqual([2, 3, 3, 5]);
    expect(await products[0]!.data()).toEqual(await products[1]!.data());
    tf.dispose([a, b, products]);
  });

  it('multiplies integers exactly', async () => {
    const rng = rngFor(4);
    await expectLikeCpu(
      'int32',
      [integers(rng, [3, 9], 1000), integers(rng, [9, 4], 1000)],
      (a, b) => tf.matMul(a!, b!),
      1e-12,
    );
  });

  it('handles empty operands', async () => {
    const rng = rngFor(4);
    await expectLikeCpu('no rows', [normal(rng, [0, 4]), normal(rng, [4, 3])], (a, b) => tf.matMul(a!, b!));
    await expectLikeCpu('no inner size', [normal(rng, [2, 0]), normal(rng, [0, 3])], (a, b) => tf.matMul(a!, b!));
  });

  it('fuses bias and activation', async () => {
    for (const activation of ['linear', 'relu', 'relu6', 'leakyrelu', 'sigmoid', 'elu'] as const) {
      for (const biasShape of [[6], [1, 6], [1]]) {
        const rng = rngFor(5);
        const inputs = [normal(rng, [5, 4]), normal(rng, [4, 6]), normal(rng, biasShape)];
        await expectLikeCpu(`${activation} ${biasShape}`, inputs, (a, b, bias) =>
          tf.fused.matMul({ a: a!, b: b!, bias: bias!, activation, leakyreluAlpha: 0.2 }),
        );
      }
    }
  });

  it('names the sizes that do not fit', () => {
    const [a, b] = [tf.zeros([2, 3]), tf.zeros([4, 5])];
    expect(codeOf(() => tf.matMul(a, b))).toBe('SHAPE_MISMATCH');
    const vector = tf.zeros([4]);
    expect(codeOf(() => tf.matMul(a, vector as tf.Tensor2D))).toBe('SHAPE_MISMATCH');
    tf.dispose([a, b, vector]);
  });

  it('refuses a result that no heap can hold', () => {
    const [a, b] = [tf.zeros([40_000, 1]), tf.zeros([1, 40_000])];
    const before = tf.memory().numTensors;
    expect(codeOf(() => tf.matMul(a, b))).toBe('BACKEND_FAILED');
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([a, b]);
  });

  it('multiplies by a reshaped tensor with its present shape, not the one it was first multiplied with', async () => {
    const t = tf.tensor1d([1, 2, 3, 4, 5, 6]);
    const products = tf.tidy(() => [
      tf.matMul(tf.ones([1, 3]), tf.reshape(t, [3, 2])),
      tf.matMul(tf.ones([1, 2]), tf.reshape(t, [2, 3])),
    ]);
    expect(Array.from(await products[0]!.data())).toEqual([9, 12]);
    expect(Array.from(await products[1]!.data())).toEqual([5, 7, 9]);
    tf.dispose([t, products]);
  });
});

describe('long sums', () => {
  it('lose less than a plain float32 sum', async () => {
    const [rows, inner, cols] = [24, 1024, 16];
    const rng = rngFor(7);
    const left = normal(rng, [rows, inner]).values;
    const right = normal(rng, [inner, cols]).values;
    const product = tf.matMul(tf.tensor2d(left, [rows, inner]), tf.tensor2d(right, [inner, cols]));
    let [ours, plain] = [0, 0];
    for (const [i, actual] of (await product.data()).entries()) {
      let [exact, rounded] = [0, 0];
      for (let k = 0; k < inner; k++) {
        const term = left[Math.floor(i / cols) * inner + k]! * right[k * cols + (i % cols)]!;
        exact += term;
        rounded = Math.fround(rounded + Math.fround(term));
      }
      ours += (actual - exact) ** 2;
      plain += (rounded - exact) ** 2;
    }
    expect(Math.sqrt(ours / plain)).toBeLessThan(0.4);
    product.dispose();
  });
});
