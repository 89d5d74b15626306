import * as tf from '@tensorflow/tfjs-core';
import '@zoo/core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { OrtBackend } from '../src/ort-backend.ts';
import { normal, startOrt } from './against-cpu.ts';

let backend: OrtBackend;
beforeAll(async () => {
  backend = await startOrt();
});

const runs = (): number => backend.statistics().runs;
const misses = (): number => backend.statistics().cacheMisses;

/** One step of a small net's training; the same structure each time. */
const makeStep = (rows: number) => {
  const w = tf.variable(tf.tensor2d(normal(8, 4), [8, 4]));
  const optimizer = tf.train.adam(0.01);
  return {
    step: () => {
      const x = tf.tensor2d(normal(rows, 8), [rows, 8]);
      const loss = optimizer.minimize(() => tf.mean(tf.square(tf.relu(tf.matMul(x, w)))), true, [w])!;
      x.dispose();
      return loss;
    },
    dispose: () => {
      w.dispose();
      optimizer.dispose();
    },
  };
};

describe('the ort backend', () => {
  it('runs nothing before somebody reads, and then everything at once', () => {
    tf.tidy(() => {
      const before = runs();
      const x = tf.tensor1d([1, 2, 3]);
      const y = tf.square(tf.add(x, 1));
      const z = tf.sum(y);
      expect(runs()).toBe(before);
      expect(z.dataSync()[0]).toBe(29);
      expect(runs()).toBe(before + 1);
      // It was live, so it was computed along.
      expect([...y.dataSync()]).toEqual([4, 9, 16]);
      expect(runs()).toBe(before + 1);
    });
  });

  it('runs when the code that recorded has ended, also when nobody reads', async () => {
    const before = runs();
    const y = tf.tidy(() => tf.exp(tf.tensor1d([0, 1])));
    await Promise.resolve();
    expect(runs()).toBe(before + 1);
    y.dispose();
  });

  it('never computes what was disposed unread', async () => {
    const before = runs();
    tf.dispose(tf.exp(tf.scalar(1)));
    await Promise.resolve();
    expect(runs()).toBe(before);
  });

  it('compiles a training step once, and again only for another shape', async () => {
    const small = makeStep(4);
    const large = makeStep(6);
    const losses = [];
    // Adam makes its slots in the first step.
    for (let i = 0; i < 2; i++) losses.push((await small.step().data())[0]);
    const compiled = misses();
    for (let i = 0; i < 5; i++) losses.push((await small.step().data())[0]);
    expect(misses()).toBe(compiled);
    for (let i = 0; i < 3; i++) await large.step().data();
    const both = misses();
    expect(both).toBeGreaterThan(compiled);
    await small.step().data();
    await large.step().data();
    expect(misses()).toBe(both);
    expect(losses.every(Number.isFinite)).toBe(true);
    small.dispose();
    large.dispose();
  });

  it('holds no more tensors and no more memory after many steps', async () => {
    const { step, dispose } = makeStep(4);
    const train = async (steps: number) => {
      for (let i = 0; i < steps; i++) {
        const loss = step();
        if (i % 10 === 0) await loss.data();
        loss.dispose();
        await Promise.resolve();
      }
    };
    await train(20);
    const { numTensors, numDataBuffers } = tf.memory();
    const [{ pooledBytes, sessions }, dataIds] = [backend.statistics(), backend.numDataIds()];
    await train(200);
    expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers });
    expect(backend.numDataIds()).toBe(dataIds);
    expect(backend.statistics()).toMatchObject({ pooledBytes, sessions });
    dispose();
  });

  it('cuts a loop that never awaits into equal graphs', () => {
    const { step, dispose } = makeStep(3);
    const before = runs();
    for (let i = 0; i < 60; i++) step().dispose();
    expect(runs()).toBeGreaterThan(before);
    const compiled = misses();
    for (let i = 0; i < 60; i++) step().dispose();
    expect(misses() - compiled).toBe(0);
    dispose();
  });

  it('copies what is written and what is read', () => {
    const values = Float32Array.of(1, 2);
    const x = tf.tensor1d(values);
    const y = tf.mul(x, 2);
    values.fill(9);
    const read = y.dataSync();
    expect([...read]).toEqual([2, 4]);
    read.fill(0);
    expect([...tf.add(y, 0).dataSync()]).toEqual([2, 4]);
    tf.dispose([x, y]);
  });

  it('keeps the buffers of disposed inputs until their results are there', () => {
    const x = tf.tensor1d([1, 2, 3]);
    const y = tf.square(x);
    x.dispose();
    const other = tf.tensor1d([7, 8, 9]);
    expect([...y.dataSync()]).toEqual([1, 4, 9]);
    expect([...other.dataSync()]).toEqual([7, 8, 9]);
    tf.dispose([y, other]);
  });

  it('takes rows of a tensor in memory without a graph', () => {
    const before = backend.statistics();
    const x = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);
    const row = tf.slice(x, 1, 1);
    x.dispose();
    // The part keeps the whole alive.
    const other = tf.tensor2d([9, 9, 9, 9, 9, 9], [3, 2]);
    expect([...row.dataSync()]).toEqual([3, 4]);
    expect(backend.statistics().runs).toBe(before.runs);
    tf.dispose([row, other]);
  });

  it('runs what ONNX cannot express on plain JavaScript, in order', async () => {
    const words = tf.tensor1d(['a', 'bc']);
    expect(await words.data()).toEqual(['a', 'bc']);
    const z = tf.complex([3, 0], [4, 1]);
    expect([...tf.abs(z).dataSync()]).toEqual([5, 1]);
    const doubled = tf.mul(tf.tensor1d([4, 5, 4]), 2);
    expect([...tf.unique(doubled).values.dataSync()]).toEqual([8, 10]);
    expect(backend.statistics().fallbacks.get('Unique')).toBeGreaterThan(0);
    expect(tf.concat([tf.zeros([0, 3]), tf.ones([1, 3])], 0).shape).toEqual([1, 3]);
    tf.disposeVariables();
  });

  it('keeps one failed computation apart from the others', () => {
    const x = tf.tensor1d([1, 2, 3]);
    const good = tf.square(x);
    const bad = tf.gather(x, tf.tensor1d([7], 'int32'));
    x.dispose();
    expect(() => bad.dataSync()).toThrow(/ONNX Runtime could not run a graph/);
    expect([...good.dataSync()]).toEqual([1, 4, 9]);
    expect(() => bad.dataSync()).toThrow(/ONNX Runtime could not run a graph/);
    expect([...tf.add(good, 1).dataSync()]).toEqual([2, 5, 10]);
    tf.dispose([good, bad]);
  });

  it('bakes weights that stay the same, and notices when they change', () => {
    const w = tf.variable(tf.tensor4d(normal(3, 3, 32, 32), [3, 3, 32, 32]));
    const values = normal(1, 32, 32, 32);
    const mean = (factor: number): number =>
      tf.tidy(() => {
        const x = tf.mul(tf.tensor4d(values, [1, 32, 32, 32]), factor);
        return tf.mean(tf.abs(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'))).dataSync()[0]!;
      });
    const baked = () => backend.statistics().bakedRuns;
    const [before, expected] = [baked(), mean(1)];
    for (let i = 0; i < 500 && baked() === before; i++) expect(mean(1)).toBeCloseTo(expected, 4);
    expect(baked()).toBeGreaterThan(before);
    expect(mean(1)).toBeCloseTo(expected, 4);
    expect(mean(2)).toBeCloseTo(2 * expected, 4);
    w.assign(tf.tidy(() => tf.mul(w, 3)));
    expect(mean(1)).toBeCloseTo(3 * expected, 3);
    w.dispose();
  });

  it('bakes nothing more, and leaves what is baked, where results must repeat', () => {
    const w = tf.variable(tf.tensor4d(normal(3, 3, 32, 32), [3, 3, 32, 32]));
    const x = tf.tensor4d(normal(1, 32, 32, 32), [1, 32, 32, 32]);
    const run = () => tf.tidy(() => tf.sqrt(tf.abs(tf.conv2d(x, w, 1, 'same'))).dataSync());
    const baked = () => backend.statistics().bakedRuns;
    const before = baked();
    const fed = run();
    for (let i = 0; i < 500 && baked() === before; i++) run();
    expect(baked()).toBeGreaterThan(before);
    // What is baked serves the same weights no longer.
    backend.bakesWeights = false;
    const after = baked();
    for (let i = 0; i < 10; i++) expect(run().every((value, place) => value === fed[place])).toBe(true);
    expect(baked()).toBe(after);
    backend.bakesWeights = true;
    tf.dispose([w, x]);
  });

  it('bakes no training step, also where nothing in it tells that it is one', () => {
    const other = tf.variable(tf.zeros([2, 2]));
    other.dataSync();
    const w = tf.variable(tf.tensor2d(normal(256, 256), [256, 256]));
    const x = tf.tensor2d(normal(256, 256), [256, 256]);
    const optimizer = tf.train.sgd(1e-4);
    const before = backend.statistics();
    for (let i = 0; i < 300; i++) {
      const loss = optimizer.minimize(() => tf.mean(tf.square(tf.matMul(x, w))), true, [w])!;
      loss.dataSync();
      loss.dispose();
    }
    expect(backend.statistics().bakedRuns).toBe(before.bakedRuns);
    tf.dispose([other, w, x]);
    optimizer.dispose();
  });

  it('says that memory ran out, and goes on', () => {
    const kept = tf.exp(tf.tensor1d([0, 1]));
    const column = tf.ones([1 << 17, 1]);
    const huge = tf.mul(column, tf.reshape(column, [1, 1 << 17]));
    expect(() => huge.dataSync()).toThrow(/Out of memory: a tensor of 65536 MiB/);
    huge.dispose();
    expect(kept.dataSync()[0]).toBe(1);
    expect([...tf.add(kept, 1).dataSync()][0]).toBe(2);
    tf.dispose([kept, column]);
  });

  it('follows variables that are assigned and tensors of other engines', async () => {
    const v = tf.variable(tf.scalar(1));
    for (let i = 0; i < 3; i++) v.assign(tf.tidy(() => tf.add(v, 1)));
    expect(v.dataSync()[0]).toBe(4);
    await tf.setBackend('cpu');
    const x = tf.tensor1d([1, 2]);
    await tf.setBackend('ort');
    expect([...tf.mul(x, v).dataSync()]).toEqual([4, 8]);
    tf.dispose([v, x]);
  });
});
