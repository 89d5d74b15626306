import { setImmediate as nextTurn } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs-core';
import '@zoo/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { ortBackend } from '../src/index.ts';
import type { OrtBackend } from '../src/ort-backend.ts';
import { normal, startOrt } from './against-cpu.ts';

let backend: OrtBackend;
beforeEach(async () => {
  await ortBackend({ threads: 1, background: true }).init();
  backend = tf.backend() as unknown as OrtBackend;
});

const values = normal(512, 1024);

/** Calls on half a million numbers each: enough work not to run at once. */
const work = (x: tf.Tensor, calls = 8): tf.Tensor =>
  tf.tidy(() => {
    let y = x;
    for (let i = 0; i < calls; i++) y = tf.tanh(tf.add(y, i));
    return y;
  });

const large = () => tf.tensor2d(values, [512, 1024]);

/** For long arrays, which test runners take seconds to compare. */
const isSame = (a: Awaited<ReturnType<tf.Tensor['data']>>, b: typeof a): boolean =>
  a.length === b.length && a.every((value, i) => value === b[i]);

describe('runs in the background', () => {
  it('leave the event loop free, and give the same', async () => {
    const x = large();
    // Long enough that a busy machine does not leave the timer out.
    const y = work(x, 64);
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const before = backend.statistics().backgroundRuns;
    const actual = await y.data();
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
    expect(backend.statistics().backgroundRuns).toBe(before + 1);
    tf.dispose([x, y]);
    await startOrt();
    const again = large();
    const expected = work(again, 64);
    expect(isSame(actual, await expected.data())).toBe(true);
    tf.dispose([again, expected]);
  });

  it('are not for small graphs', async () => {
    const before = backend.statistics();
    const y = tf.square(tf.tensor1d([1, 2, 3]));
    expect([...(await y.data())]).toEqual([1, 4, 9]);
    expect(backend.statistics()).toMatchObject({ runs: before.runs + 1, backgroundRuns: before.backgroundRuns });
    y.dispose();
  });

  it('are waited for where somebody cannot', async () => {
    const x = large();
    const y = work(x);
    const { backgroundRuns, runs } = backend.statistics();
    await Promise.resolve();
    // It has begun: what follows is recorded on top of it, its rows are looked at, and plain JavaScript reads it.
    const z = tf.sum(y);
    const rows = tf.slice(y, [3, 0], [1, 1024]);
    expect(backend.statistics()).toMatchObject({ runs: runs + 1, backgroundRuns: backgroundRuns + 1 });
    const sum = ((await y.data()) as Float32Array).reduce((total, value) => total + value, 0);
    expect(z.dataSync()[0]! / sum).toBeCloseTo(1, 4);
    expect(rows.dataSync()[5]).toBe(y.dataSync()[3 * 1024 + 5]);
    const more = work(y);
    await Promise.resolve();
    expect(more.dataSync().length).toBe(values.length);
    tf.dispose([x, y, z, rows, more]);
  });

  it('give what was asked for, also to readers whose tensor is gone', async () => {
    const x = large();
    const y = work(x);
    const [first, second] = [y.data(), y.data()];
    tf.dispose([x, y]);
    const other = large();
    const next = work(other, 3);
    const third = next.data();
    tf.dispose([other, next]);
    expect(isSame(await first, await second)).toBe(true);
    expect((await first)[0]).not.toBe((await third)[0]);
    await startOrt();
    const [again, same] = [large(), large()];
    expect(isSame(await first, work(again).dataSync())).toBe(true);
    expect(isSame(await third, work(same, 3).dataSync())).toBe(true);
    tf.dispose([again, same]);
  });

  it('fail for whoever reads, and for nobody else', async () => {
    const x = large();
    const good = work(x);
    const bad = work(tf.gather(x, tf.tensor1d([700], 'int32')));
    const [read, failing] = [good.data(), bad.data()];
    await expect(failing).rejects.toThrow(/could not run a graph: .*indices element out of data bounds/);
    expect((await read).every(Number.isFinite)).toBe(true);
    // What is computed from it fails as well, and is told apart again.
    const [worse, fine] = [work(bad), work(good)];
    await Promise.resolve();
    await nextTurn();
    await expect(worse.data()).rejects.toThrow(/out of data bounds/);
    expect((await fine.data()).every(Number.isFinite)).toBe(true);
    tf.dispose([x, good, bad, worse, fine]);
  });

  it('are the same graphs in a thousand steps, however far the one before has come, and hold no more memory', async () => {
    const w = tf.variable(tf.tensor2d(normal(16, 8), [16, 8]));
    const b = tf.variable(tf.tensor1d(normal(8)));
    // Counts as much work, and is none.
    const table = tf.zeros([2 ** 17, 16]);
    const optimizer = tf.train.momentum(0.01, 0.9);
    const input = normal(4, 16);
    const step = () => {
      const rows = tf.tensor1d([1, 5, 70000, 3], 'int32');
      const x = tf.tensor2d(input, [4, 16]);
      const loss = optimizer.minimize(() => {
        const y = tf.add(tf.matMul(tf.add(x, tf.gather(table, rows)), w), tf.reshape(b, [1, 8]));
        return tf.mean(tf.square(tf.tanh(y)));
      }, true)!;
      tf.dispose([rows, x]);
      return loss;
    };
    const train = async (steps: number) => {
      for (let i = 0; i < steps; i++) {
        const loss = step();
        if (i % 50 === 0) expect(Number.isFinite((await loss.data())[0])).toBe(true);
        loss.dispose();
        await (i % 3 === 0 ? nextTurn() : Promise.resolve());
      }
      backend.flush();
    };
    await train(101);
    const { cacheMisses, pooledBytes, backgroundRuns } = backend.statistics();
    const { numTensors } = tf.memory();
    const dataIds = backend.numDataIds();
    await train(1000);
    const after = backend.statistics();
    expect(after.cacheMisses).toBe(cacheMisses);
    expect(after.pooledBytes).toBeLessThanOrEqual(2 * pooledBytes);
    expect(after.backgroundRuns).toBeGreaterThanOrEqual(backgroundRuns + 1000);
    expect(tf.memory().numTensors).toBe(numTensors);
    expect(backend.numDataIds()).toBe(dataIds);
    optimizer.dispose();
    tf.dispose([w, b, table]);
  });
});
