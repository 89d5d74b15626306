import * as tf from '@tensorflow/tfjs-core';
import { cpuBackend } from '@zoo/backend-cpu';
import { createRng } from '@zoo/core';
import { expect } from 'vitest';
import { ortBackend } from '../src/index.ts';
import type { OrtBackend } from '../src/ort-backend.ts';

export const startOrt = async (): Promise<OrtBackend> => {
  await ortBackend({ threads: 1 }).init();
  return tf.backend() as unknown as OrtBackend;
};

const rng = createRng(7);

/** Normal values; equal on every backend. */
export const normal = (...shape: number[]): Float32Array & { shape?: number[] } =>
  Object.assign(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => rng.normal()),
    { shape },
  );

type Host = ReturnType<typeof normal>;

async function runOn(backend: 'ort' | 'cpu', inputs: readonly Host[], compute: (...x: tf.Tensor[]) => tf.Tensor[]) {
  await (backend === 'ort' ? startOrt() : cpuBackend().init());
  const tensors = inputs.map((values) => tf.tensor(values, values.shape));
  const results = tf.tidy(() => compute(...tensors));
  const hosts = await Promise.all(results.map(async (t) => ({ dtype: t.dtype, shape: t.shape, data: await t.data() })));
  tf.dispose([tensors, results]);
  return hosts;
}

/** Computes on both engines and expects equal types and shapes, and values within `tolerance` of the largest one. */
export async function compare(
  inputs: readonly Host[],
  compute: (...x: tf.Tensor[]) => tf.Tensor | tf.Tensor[],
  tolerance = 2e-6,
): Promise<void> {
  const list = (...x: tf.Tensor[]) => [compute(...x)].flat();
  const actual = await runOn('ort', inputs, list);
  const expected = await runOn('cpu', inputs, list);
  expect(actual.map(({ dtype, shape }) => ({ dtype, shape }))).toEqual(
    expected.map(({ dtype, shape }) => ({ dtype, shape })),
  );
  for (const [i, { data }] of expected.entries()) {
    const scale = Math.max(1, ...Array.from(data, Math.abs).filter(Number.isFinite));
    Array.from(data).forEach((value, at) => {
      const got = actual[i]!.data[at]!;
      if (!Number.isFinite(value)) expect(got).toBe(value);
      else
        expect(Math.abs(got - value), `result ${i}, element ${at}: ${got} instead of ${value}`).toBeLessThanOrEqual(
          tolerance * scale,
        );
    });
  }
}
