import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, beforeEach, describe, expect } from 'vitest';
import type { ReportingWebGPUBackend } from '../src/backend.ts';
import { webgpuBackend } from '../src/index.ts';

const allowSoftware = process.env['ZOO_WEBGPU_SOFTWARE'] === '1' || process.env['VK_ICD_FILENAMES'] !== undefined;

export const plugin = webgpuBackend({ allowSoftware });
const found = await plugin.probe();

/** A group of tests on a WebGPU adapter; skipped, saying why, where there is none. */
export function describeOnWebgpu(name: string, body: () => void): void {
  const title = found.available
    ? name
    : `${name} (skipped: ${found.reason}; set ZOO_WEBGPU_SOFTWARE=1 where Chromium is installed)`;
  describe.skipIf(!found.available)(title, () => {
    beforeAll(async () => {
      await plugin.init();
      // Small tensors would be computed by JavaScript kernels.
      tf.env().set('WEBGPU_CPU_FORWARD', false);
    });
    beforeEach(async () => {
      await tf.setBackend('webgpu');
    });
    body();
  });
}

export const currentBackend = (): ReportingWebGPUBackend => tf.backend() as ReportingWebGPUBackend;

export interface HostResult {
  shape: number[];
  dtype: string;
  values: number[];
}

/** The results of `run` on one backend, read to the host. */
export async function on(backend: 'cpu' | 'webgpu', run: () => tf.Tensor | tf.Tensor[]): Promise<HostResult[]> {
  await tf.setBackend(backend);
  const outputs = tf.tidy(() => {
    const result = run();
    return Array.isArray(result) ? result : [result];
  });
  const results: HostResult[] = [];
  for (const output of outputs) {
    results.push({ shape: output.shape, dtype: output.dtype, values: Array.from(await output.data()) });
    output.dispose();
  }
  await tf.setBackend('webgpu');
  return results;
}

/** Largest difference relative to the largest magnitude; NaN and infinities must agree exactly. */
export function relativeError(actual: readonly number[], expected: readonly number[]): number {
  let worst = 0;
  let scale = 1e-30;
  expected.forEach((want, i) => {
    const got = actual[i]!;
    if (!Number.isFinite(want) || !Number.isFinite(got)) {
      if (!Object.is(want, got)) worst = Number.POSITIVE_INFINITY;
      return;
    }
    worst = Math.max(worst, Math.abs(got - want));
    scale = Math.max(scale, Math.abs(want));
  });
  return worst / scale;
}

/** Expects `run` to give on WebGPU what it gives on tfjs's cpu backend. */
export async function expectAsOnCpu(run: () => tf.Tensor | tf.Tensor[], tolerance = 1e-5): Promise<void> {
  const expected = await on('cpu', run);
  const actual = await on('webgpu', run);
  expect(actual.length).toBe(expected.length);
  expected.forEach((want, i) => {
    const got = actual[i]!;
    expect({ shape: got.shape, dtype: got.dtype }).toEqual({ shape: want.shape, dtype: want.dtype });
    expect(relativeError(got.values, want.values)).toBeLessThanOrEqual(tolerance);
  });
}

/** Repeatable values in [-1, 1) that are no round numbers. */
export function fill(shape: number[], seed = 1): tf.Tensor {
  let state = seed * 2654435761 + 12345;
  const values = Array.from({ length: tf.util.sizeFromShape(shape) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
  return tf.tensor(values, shape, 'float32');
}
