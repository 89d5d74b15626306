import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { createRng, isZooError, type Rng } from '@zoo/core';
import { expect } from 'vitest';
import { wasmBackend } from '../src/index.ts';

/** Host values of a shape: what both backends start from. */
export interface Host {
  shape: number[];
  values: Float32Array | Int32Array;
  dtype: 'float32' | 'int32';
}

export const normal = (rng: Rng, shape: number[]): Host => ({
  shape,
  values: Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => rng.normal()),
  dtype: 'float32',
});

export const integers = (rng: Rng, shape: number[], below: number): Host => ({
  shape,
  values: Int32Array.from({ length: tf.util.sizeFromShape(shape) }, () => rng.int(below)),
  dtype: 'int32',
});

export const pick = <T>(rng: Rng, from: readonly T[]): T => from[rng.int(from.length)]!;

export const rngFor = (seed: number): Rng => createRng(seed);

type Compute = (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[];

async function runOn(backend: 'wasm' | 'cpu', inputs: readonly Host[], compute: Compute): Promise<Host[]> {
  if (backend === 'wasm') await wasmBackend({ simd: 'baseline' }).init();
  else await tf.setBackend('cpu');
  const tensors = inputs.map((t) => tf.tensor(t.values, t.shape, t.dtype));
  const before = tf.memory().numTensors;
  const out = tf.tidy(() => compute(...tensors));
  const results = Array.isArray(out) ? out : [out];
  expect(tf.memory().numTensors - before, 'tensors left behind').toBe(results.length);
  const hosts: Host[] = [];
  for (const t of results) {
    hosts.push({ shape: t.shape, values: (await t.data()) as Float32Array, dtype: t.dtype as 'float32' });
  }
  tf.dispose([tensors, results]);
  return hosts;
}

/** Largest difference, relative to the largest expected magnitude. */
export function difference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let scale = 1e-6;
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    scale = Math.max(scale, Math.abs(expected[i]!));
    const d = Math.abs(actual[i]! - expected[i]!);
    worst = Number.isNaN(d) ? Number.POSITIVE_INFINITY : Math.max(worst, d);
  }
  return worst / scale;
}

/** Computes on wasm and on tfjs's cpu backend and expects the same shapes, types and values. */
export async function expectLikeCpu(
  label: string,
  inputs: readonly Host[],
  compute: Compute,
  tolerance = 1e-5,
): Promise<void> {
  const expected = await runOn('cpu', inputs, compute);
  const actual = await runOn('wasm', inputs, compute);
  for (const [i, e] of expected.entries()) {
    expect(actual[i]!.shape, `${label}: shape of result ${i}`).toEqual(e.shape);
    expect(actual[i]!.dtype, `${label}: type of result ${i}`).toBe(e.dtype);
    expect(difference(actual[i]!.values, e.values), `${label}: difference of result ${i}`).toBeLessThan(tolerance);
  }
}

/** Code of the ZooError that `f` throws. */
export function codeOf(f: () => unknown): string | undefined {
  try {
    f();
  } catch (error) {
    return isZooError(error) ? error.code : String(error);
  }
  return undefined;
}
