import { createRng, type Initializer, numElements } from '@zoo/core';
import { describe, expect, test } from 'vitest';
import { Conv2d, ConvTranspose2d, Embedding, init, Linear, LSTM } from '../src/index.ts';

const shape = [64, 32, 3, 3];
const fanIn = 32 * 9;
const fanOut = 64 * 9;
const draw = (initializer: Initializer, of: readonly number[] = shape) => initializer(of, createRng(7));

function momentsOf(x: Float32Array) {
  const mean = x.reduce((sum, v) => sum + v, 0) / x.length;
  const std = Math.sqrt(x.reduce((sum, v) => sum + (v - mean) ** 2, 0) / x.length);
  return { mean, std, min: Math.min(...x), max: Math.max(...x) };
}

/** 18,432 draws: the standard deviation is known within 2 %, the mean within 3 % of it. */
function expectMoments(x: Float32Array, std: number, mean = 0) {
  const found = momentsOf(x);
  expect(Math.abs(found.mean - mean)).toBeLessThan(0.03 * std);
  expect(Math.abs(found.std / std - 1)).toBeLessThan(0.02);
}

/** A uniform distribution fills its bounds, and never leaves them. */
function expectUniform(x: Float32Array, bound: number) {
  const { min, max } = momentsOf(x);
  expect(max).toBeLessThanOrEqual(bound * (1 + 1e-6));
  expect(min).toBeGreaterThanOrEqual(-bound * (1 + 1e-6));
  expectMoments(x, bound / Math.sqrt(3));
}

describe('init', () => {
  test('constants', () => {
    expect(Array.from(draw(init.constant(2.5), [2]))).toEqual([2.5, 2.5]);
    expect(Array.from(draw(init.zeros(), [2]))).toEqual([0, 0]);
    expect(Array.from(draw(init.ones(), [2]))).toEqual([1, 1]);
  });

  test('uniform and normal', () => {
    expectUniform(draw(init.uniform(-0.5, 0.5)), 0.5);
    expectMoments(draw(init.normal(3, 0.2)), 0.2, 3);
  });

  test('xavier scales by both fans', () => {
    expectUniform(draw(init.xavierUniform()), Math.sqrt(6 / (fanIn + fanOut)));
    expectMoments(draw(init.xavierNormal({ gain: 5 / 3 })), (5 / 3) * Math.sqrt(2 / (fanIn + fanOut)));
  });

  test('kaiming scales by the fan of its mode and the gain of what follows', () => {
    expectUniform(draw(init.kaimingUniform({ nonlinearity: 'relu' })), Math.sqrt(6 / fanIn));
    expectUniform(draw(init.kaimingUniform({ a: Math.sqrt(5) })), 1 / Math.sqrt(fanIn));
    expectMoments(draw(init.kaimingNormal({ mode: 'fan_out', nonlinearity: 'relu' })), Math.sqrt(2 / fanOut));
    expectMoments(draw(init.kaimingNormal({ nonlinearity: 'tanh' })), 5 / 3 / Math.sqrt(fanIn));
  });

  test("gains are PyTorch's", () => {
    expect(init.calculateGain('sigmoid')).toBe(1);
    expect(init.calculateGain('relu')).toBeCloseTo(Math.SQRT2, 12);
    expect(init.calculateGain('leaky_relu', 0.2)).toBeCloseTo(Math.sqrt(2 / 1.04), 12);
    expect(init.calculateGain('selu')).toBe(0.75);
  });

  test('truncNormal has absolute bounds', () => {
    // Bounds at 200 deviations: a plain normal. At one deviation: std 0.53964 of the untruncated.
    expectMoments(draw(init.truncNormal({ std: 0.01 })), 0.01);
    const cut = draw(init.truncNormal({ std: 0.1, a: -0.1, b: 0.1 }));
    expectMoments(cut, 0.1 * 0.53964);
    expect(momentsOf(cut).max).toBeLessThanOrEqual(0.1 + 1e-7);
    // A tail: mean of a standard normal beyond 3 is 3.28310.
    const tail = momentsOf(draw(init.truncNormal({ a: 3, b: 100 })));
    expect(tail.min).toBeGreaterThanOrEqual(3);
    expect(tail.mean).toBeCloseTo(3.2831, 1);
    // A sliver is nearly uniform.
    expectMoments(draw(init.truncNormal({ a: 0.1, b: 0.2 })), 0.1 / Math.sqrt(12), 0.15);
    expect(() => init.truncNormal({ a: 1, b: 1 })).toThrow('a < b');
  });

  test('fans need two axes', () => {
    expect(() => draw(init.kaimingNormal(), [8])).toThrow('at least 2 axes, got [8]');
  });
});

describe("PyTorch's defaults", () => {
  const weights = async (layer: Conv2d | ConvTranspose2d | Linear | LSTM | Embedding) => {
    const state = await layer.stateDict();
    return (name: string) => state.get(name)!.data as Float32Array;
  };

  test('convolutions: uniform within 1 / sqrt(fan in), bias too', async () => {
    const of = await weights(new Conv2d(32, 64, 3, { groups: 2 }));
    expectUniform(of('weight'), 1 / Math.sqrt(16 * 9));
    const biases = await weights(new Conv2d(1, 20_000, 2));
    expectUniform(biases('bias'), 1 / 2);
  });

  test('transposed convolutions: the fan in of their own weight', async () => {
    const of = await weights(new ConvTranspose2d(32, 64, 3));
    expectUniform(of('weight'), 1 / Math.sqrt(64 * 9));
  });

  test('linear, LSTM and embedding', async () => {
    expectUniform((await weights(new Linear(100, 200)))('weight'), 0.1);
    expectUniform((await weights(new LSTM(200, 25)))('weight_ih_l0'), 0.2);
    expectMoments((await weights(new Embedding(200, 100)))('weight'), 1);
  });

  test('can be replaced', async () => {
    const of = await weights(new Linear(3, 4, { weightInit: init.constant(2), biasInit: init.ones() }));
    expect([...of('weight'), ...of('bias')]).toEqual([...Array(numElements([3, 4])).fill(2), 1, 1, 1, 1]);
  });
});
