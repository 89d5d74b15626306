import * as tf from '@tensorflow/tfjs-core';
import { createRegistry, sharedRegistry } from '@zoo/core';
import { describe, expect, it } from 'vitest';
import { cpu, cpuBackend } from '../src/index.ts';

describe('cpuBackend', () => {
  it('is always available, and the last to be tried', async () => {
    const backend = cpuBackend();
    expect(await backend.probe()).toMatchObject({ available: true });
    expect(backend.priority).toBe(100);
  });

  it('becomes the current backend, as often as asked', async () => {
    expect(await cpuBackend().init()).toBe('cpu');
    expect(await cpuBackend().init()).toBe('cpu');
    expect(tf.getBackend()).toBe('cpu');
  });

  it('puts its kernels back after another copy of tfjs registered its own', async () => {
    await cpuBackend().init();
    const ours = tf.getKernel('AvgPoolGrad', 'cpu').kernelFunc;
    tf.unregisterKernel('AvgPoolGrad', 'cpu');
    tf.registerKernel({ kernelName: 'AvgPoolGrad', backendName: 'cpu', kernelFunc: () => [] });
    await cpuBackend().init();
    expect(tf.getKernel('AvgPoolGrad', 'cpu').kernelFunc).toBe(ours);
  });

  it('trains without leaving tensors behind', async () => {
    await cpuBackend().init();
    const x = tf.tensor2d([[0], [1], [2], [3]]);
    const y = tf.tensor2d([[1], [3], [5], [7]]);
    const w = tf.variable(tf.zeros<tf.Rank.R2>([1, 1]));
    const b = tf.variable(tf.zeros<tf.Rank.R1>([1]));
    const optimizer = tf.train.sgd(0.1);
    const step = () =>
      optimizer.minimize(() => tf.mean(tf.squaredDifference(tf.add(tf.matMul(x, w), b), y)) as tf.Scalar);
    step();
    const tensors = tf.memory().numTensors;
    for (let i = 0; i < 200; i++) step();
    expect(tf.memory().numTensors).toBe(tensors);
    expect((await w.data())[0]).toBeCloseTo(2, 2);
    expect((await b.data())[0]).toBeCloseTo(1, 2);
    tf.dispose([x, y, w, b]);
    optimizer.dispose();
  });

  it('comes as a plug-in', async () => {
    expect(
      createRegistry()
        .use(cpu)
        .backends()
        .map(({ name }) => name),
    ).toEqual(['cpu']);
    await import('../src/register.ts');
    expect(sharedRegistry().plugins()).toContain('@zoo/backend-cpu');
  });
});
