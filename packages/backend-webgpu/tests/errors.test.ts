import * as tf from '@tensorflow/tfjs-core';
import { isZooError } from '@zoo/core';
import { afterEach, expect, test } from 'vitest';
import { flatProgram } from '../src/programs/flat-program.ts';
import { currentBackend, describeOnWebgpu, fill, plugin } from './webgpu-host.ts';

/** Runs a program whose WGSL does not compile; nothing throws at this point. */
function runBrokenShader(): tf.Tensor {
  const program = flatProgram({
    label: 'BrokenForTest',
    key: String(Math.random()),
    outputShape: [4],
    variableNames: ['x'],
    body: 'result[index] = noSuchFunction(x[index]);',
  });
  const x = fill([4]);
  const info = currentBackend().runWebGPUProgram(program, [x], 'float32');
  x.dispose();
  return tf.engine().makeTensorFromTensorInfo(info);
}

const rejection = async (promise: Promise<unknown>): Promise<{ code: string; message: string }> => {
  const error = await promise.then(
    () => new Error('did not reject'),
    (reason: unknown) => reason,
  );
  if (!isZooError(error)) throw error;
  return error;
};

describeOnWebgpu('errors of WebGPU', () => {
  afterEach(() => {
    currentBackend().errors.take();
  });

  test('reject the read of the result, naming the shader', async () => {
    const broken = runBrokenShader();
    const error = await rejection(broken.data());
    expect(error.code).toBe('BACKEND_FAILED');
    expect(error.message).toContain("shader 'BrokenForTest'");
    expect(error.message).toContain('noSuchFunction');
    broken.dispose();
  });

  test('reject every read until they are taken by checkErrors', async () => {
    const broken = runBrokenShader();
    const fine = tf.add(fill([4]), 1);
    expect((await rejection(fine.data())).code).toBe('BACKEND_FAILED');
    expect((await rejection(fine.data())).code).toBe('BACKEND_FAILED');
    expect((await rejection(plugin.checkErrors!())).message).toContain('BrokenForTest');
    await plugin.checkErrors!();
    const after = tf.mul(fine, 2);
    expect((await after.data()).length).toBe(4);
    tf.dispose([broken, fine, after]);
  });

  test('are found by checkErrors before anything is read or submitted', async () => {
    const broken = runBrokenShader();
    expect((await rejection(plugin.checkErrors!())).message).toContain('noSuchFunction');
    broken.dispose();
  });

  test('checkErrors resolves when nothing went wrong', async () => {
    const sum = tf.add(fill([4]), 1);
    await expect(plugin.checkErrors!()).resolves.toBeUndefined();
    sum.dispose();
  });

  test('a synchronous read says to await data()', () => {
    const sum = tf.add(fill([4]), 1);
    expect(() => sum.dataSync()).toThrowError(/await tensor\.data\(\)/);
    sum.dispose();
  });

  test('a synchronous read of values that never left the host works', () => {
    const x = tf.tensor1d([1, 2]);
    expect(Array.from(x.dataSync())).toEqual([1, 2]);
    x.dispose();
  });

  test('a dispatch that no device allows is refused by name and size', () => {
    const tall = 70_000;
    const program = {
      ...flatProgram({ label: 'TooTall', outputShape: [1, tall], variableNames: ['x'], body: 'result[index] = x[0];' }),
      dispatchLayout: { x: [0], y: [1] },
      dispatch: [1, tall, 1] as [number, number, number],
    };
    const x = fill([1]);
    expect(() => currentBackend().runWebGPUProgram(program, [x], 'float32')).toThrowError(/1 x 70000 x 1 workgroups/);
    x.dispose();
  });

  test('initialising again keeps the device and its tensors', async () => {
    const before = currentBackend();
    const x = tf.add(fill([2]), 1);
    expect(await plugin.init()).toBe('webgpu');
    expect(currentBackend()).toBe(before);
    expect((await x.data()).length).toBe(2);
    x.dispose();
  });

  test('the device has the limits of its adapter', () => {
    expect(currentBackend().device.limits.maxStorageBuffersPerShaderStage).toBeGreaterThan(8);
  });
});

describeOnWebgpu('reading', () => {
  test('gives the values of tensors disposed meanwhile, complex ones too', async () => {
    const reads: Promise<ArrayLike<number>>[] = [];
    tf.tidy(() => {
      const sum = tf.add(tf.tensor1d([1, 2]), 1);
      reads.push(sum.data<'float32'>(), tf.complex(sum, tf.neg(sum)).data<'complex64'>());
    });
    expect((await Promise.all(reads)).map((values) => Array.from(values))).toEqual([
      [2, 3],
      [2, -2, 3, -3],
    ]);
  });
});

describeOnWebgpu('a lost device', () => {
  test('rejects reads and checks for good, and init opens another', async () => {
    const lost = currentBackend();
    lost.errors.recordLoss({ reason: 'unknown', message: 'driver reset' } as GPUDeviceLostInfo);
    const x = fill([2]);
    expect((await rejection(x.data())).message).toContain('driver reset');
    expect((await rejection(plugin.checkErrors!())).message).toContain('driver reset');
    expect((await rejection(plugin.checkErrors!())).message).toContain('driver reset');
    x.dispose();
    await plugin.init();
    expect(currentBackend()).not.toBe(lost);
    const y = tf.add(fill([2]), 1);
    expect((await y.data()).length).toBe(2);
    y.dispose();
  });
});
