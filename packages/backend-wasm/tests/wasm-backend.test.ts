import * as tf from '@tensorflow/tfjs-core';
import { createRegistry, isZooError, sharedRegistry } from '@zoo/core';
import { afterEach, describe, expect, it } from 'vitest';
import { kernelNames, wasm, wasmBackend } from '../src/index.ts';

const product = async (): Promise<number[]> => {
  const out = tf.tidy(() => tf.matMul(tf.tensor2d([[1, 2]]), tf.tensor2d([[3], [4]])));
  const values = Array.from(await out.data());
  out.dispose();
  return values;
};

const filterGradient = async (): Promise<number[]> => {
  const dw = tf.tidy(() =>
    tf.grad((w) => tf.conv2d(tf.ones<tf.Rank.R4>([1, 3, 3, 1]), w as tf.Tensor4D, 1, 'valid'))(tf.ones([2, 2, 1, 1])),
  );
  const values = Array.from(await dw.data());
  dw.dispose();
  return values;
};

describe('wasmBackend', () => {
  it('is a plug-in of priority 200 that probes without starting anything', async () => {
    const backend = wasmBackend();
    expect([backend.name, backend.priority]).toEqual(['wasm', 200]);
    expect(await backend.probe()).toMatchObject({ available: true, detail: expect.stringContaining('SIMD') });
    expect(createRegistry().use(wasm).backends()).toContain(wasm.backends![0]);
  });

  it('joins the shared registry on `register`', async () => {
    await import('../src/register.ts');
    expect(sharedRegistry().backends()).toContain(wasm.backends![0]);
  });

  it('starts twice, also at the same time, and keeps tensors', async () => {
    await Promise.all([wasmBackend().init(), wasmBackend().init()]);
    const kept = tf.tensor1d([7]);
    expect(await wasmBackend().init()).toBe('wasm');
    expect(tf.getBackend()).toBe('wasm');
    expect(Array.from(await kept.data())).toEqual([7]);
    kept.dispose();
    expect(await product()).toEqual([11]);
  });

  it('survives removal of the backend', async () => {
    await wasmBackend().init();
    for (let i = 0; i < 2; i++) {
      tf.removeBackend('wasm');
      expect(await wasmBackend().init()).toBe('wasm');
      expect(await product()).toEqual([11]);
      expect(await filterGradient()).toEqual([4, 4, 4, 4]);
    }
  });

  it('brings every kernel it names', async () => {
    await wasmBackend().init();
    for (const name of kernelNames) expect(tf.getKernel(name, 'wasm'), name).toBeDefined();
  });

  it('repeats its results bit for bit', async () => {
    await wasmBackend().init();
    const run = async () => {
      const out = tf.tidy(() => {
        const x = tf.randomNormal<tf.Rank.R4>([4, 12, 12, 6], 0, 1, 'float32', 1);
        const w = tf.randomNormal<tf.Rank.R4>([5, 5, 6, 16], 0, 1, 'float32', 2);
        return tf.grad((f) => tf.conv2d(x, f as tf.Tensor4D, 1, 'same'))(w);
      });
      const values = await out.data();
      out.dispose();
      return values;
    };
    expect(await run()).toEqual(await run());
  });
});

describe('a backend that cannot start', () => {
  afterEach(async () => {
    await wasmBackend().init();
  });

  it('names the missing file in wasmPaths', async () => {
    tf.removeBackend('wasm');
    const start = wasmBackend({ wasmPaths: { 'tfjs-backend-wasm.wasm': '/a.wasm' } }).init();
    const error = await start.catch((e: unknown) => e);
    expect(isZooError(error) && error.code).toBe('INVALID_ARGUMENT');
    expect(String(error)).toContain('tfjs-backend-wasm-simd.wasm');
  });
});
