import * as tf from '@tensorflow/tfjs-core';
import { chooseBackend, createRegistry, probeBackends } from '@zoo/core';
import { describe, expect, it, vi } from 'vitest';
import { ort, ortBackend } from '../src/index.ts';
import { requireNative } from '../src/native/locate.ts';
import type { NativeOptions } from '../src/native/native.ts';
import { probeBlockSize } from '../src/probe/block-size.ts';

describe('the plug-in', () => {
  it('is chosen by name and says what it found', async () => {
    const { tfName, tried } = await chooseBackend({ registry: createRegistry().use(ort), only: 'ort' });
    expect(tfName).toBe('ort');
    expect(tried[0]!.detail).toMatch(/^onnxruntime-node 1\.30\.0/);
    expect([...tf.add(1, [2, 3]).dataSync()]).toEqual([3, 4]);
  });

  it('says why an execution provider cannot be used', async () => {
    const plugin = ortBackend({ provider: 'cuda' });
    const [status] = await probeBackends({ backends: () => [plugin] });
    expect(status).toMatchObject({ outcome: 'unavailable' });
    expect(status!.detail).toMatch(/cuda/);
    await expect(plugin.init()).rejects.toThrow(/cuda/);
  });

  it('keeps tensors and variables when it starts anew with other options', async () => {
    await ortBackend({ threads: 1 }).init();
    const v = tf.variable(tf.square(tf.tensor1d([1, 2, 3])));
    const x = tf.add(v, 1);
    await ortBackend({ threads: 2 }).init();
    expect([...tf.add(v, x).dataSync()]).toEqual([3, 9, 19]);
    tf.dispose([v, x]);
  });

  it('gives threads to large graphs only: a small one would wait for them longer than it computes', async () => {
    await ortBackend({ threads: 2 }).init();
    const compile = vi.spyOn(requireNative('cpu'), 'compile');
    const options = (): NativeOptions => compile.mock.lastCall![1];
    try {
      const w = tf.variable(tf.ones([128, 10]));
      const x = tf.ones([64, 128]);
      const optimizer = tf.train.adam(0.01);
      optimizer.minimize(() => tf.mean(tf.square(tf.matMul(x, w))));
      expect(w.dataSync()[0]).toBeCloseTo(0.99, 4);
      expect(options().threads).toBe(1);
      const large = tf.ones([1024, 2048]);
      expect(tf.sum(large).dataSync()[0]).toBe(2 ** 21);
      expect(options().threads).toBe(2);
      optimizer.dispose();
      tf.dispose([w, x, large]);
    } finally {
      compile.mockRestore();
    }
  });

  it('says where runs cannot leave the event loop free, and runs', async () => {
    const native = requireNative('cpu');
    const { startThread } = native;
    delete native.startThread;
    try {
      const plugin = ortBackend({ background: true });
      const [status] = await probeBackends({ backends: () => [plugin] });
      expect(status!.detail).toMatch(/runs block the event loop all the same$/);
      await plugin.init();
      expect([...(await tf.square([2, 3]).data())]).toEqual([4, 9]);
    } finally {
      native.startThread = startThread!;
    }
  });

  it('refuses threads that are no count', () => {
    expect(() => ortBackend({ threads: 1.5 })).toThrow(/threads/);
  });

  it('computes plain convolutions where no block size fits the CPU', () => {
    const native = { ...requireNative('cpu') };
    expect(probeBlockSize(native, [])).toBeUndefined();
    expect(probeBlockSize({ ...requireNative('cpu') }, [4])).toBeUndefined();
  });
});
