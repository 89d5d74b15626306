import * as tf from '@tensorflow/tfjs-core';
import { isZooError } from '@zoo/core';
import { expect, it } from 'vitest';
import { wasmBackend } from '../src/index.ts';
import type { WasmEngine } from '../src/native/engine.ts';

const codeOf = (f: () => unknown): string | undefined => {
  try {
    f();
  } catch (error) {
    return isZooError(error) ? error.code : String(error).slice(0, 200);
  }
  return undefined;
};

it('refuses what has no room, and works on', async () => {
  await wasmBackend().init();
  const { wasm } = tf.backend() as unknown as WasmEngine;
  const numbers = async (x: tf.Tensor) => [...(await x.data())];
  const x = tf.ones([8, 2 ** 20]); // 32 MB
  const small = () => tf.tidy(() => tf.matMul(tf.ones([2, 3]), tf.ones([3, 2])));
  const blocks: number[] = [];
  // Addresses that nothing is written to take no memory of the machine.
  for (const bytes of [2 ** 28, 2 ** 25]) {
    expect(codeOf(() => { for (;;) blocks.push(wasm._malloc(bytes)); })).toBe('BACKEND_FAILED'); // biome-ignore format: a loop
  }
  expect(blocks.length).toBeGreaterThan(14);
  const before = tf.memory().numTensors;
  // Kernels of tfjs, of this package, and values from outside.
  for (const use of [() => tf.exp(x), () => tf.add(x, tf.ones([2 ** 20])), () => tf.sum(tf.stack([x, x]), 0)]) {
    expect(codeOf(() => tf.tidy(use))).toBe('BACKEND_FAILED');
    expect(await numbers(small())).toEqual([3, 3, 3, 3]);
  }
  expect(codeOf(() => tf.tensor1d(new Float32Array(2 ** 24)))).toBe('BACKEND_FAILED');
  expect(codeOf(() => tf.tidy(() => tf.tile(x, [129, 1])))).toBe('BACKEND_FAILED'); // 4.3 GB: more than 32 bits
  expect(() => tf.exp(x)).toThrow(
    /no room for a block of 34 MB: 4[12]\d\d MB are in use, and it grows to 4295 MB at most/,
  );
  for (const block of blocks) wasm._free(block);
  const y = tf.tidy(() => tf.slice(tf.sum(tf.add(x, 1), 0), 0, 2));
  expect(await numbers(y)).toEqual([16, 16]);
  tf.dispose([x, y]);
  expect(tf.memory().numTensors).toBeLessThan(before + 8);
});
