import * as tf from '@tensorflow/tfjs-core';
import { Module, Parameter, seeded } from '@zoo/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { ortBackend } from '../src/index.ts';
import type { OrtBackend } from '../src/ort-backend.ts';
import { normal, startOrt } from './against-cpu.ts';

let backend: OrtBackend;
beforeAll(async () => {
  backend = await startOrt();
});

/** How often a net's code has run. */
const counts = new WeakMap<Module<[tf.Tensor], tf.Tensor>, number>();

class Counting extends Module<[tf.Tensor], tf.Tensor> {
  readonly weight = new Parameter([8, 4], { init: () => normal(8, 4) });
  child: Module<[tf.Tensor], tf.Tensor> | undefined;
  code: (x: tf.Tensor, net: Counting) => tf.Tensor;
  factor = 1;

  constructor(code: (x: tf.Tensor, net: Counting) => tf.Tensor) {
    super();
    this.code = code;
  }

  get runs(): number {
    return counts.get(this) ?? 0;
  }

  forward(x: tf.Tensor): tf.Tensor {
    counts.set(this, this.runs + 1);
    return this.code(x, this);
  }
}

const product = (x: tf.Tensor, net: Counting) =>
  tf.relu(tf.matMul(x as tf.Tensor2D, net.weight.value() as tf.Tensor2D));

function optimized(code = product): Counting {
  const net = seeded(1, () => new Counting(product)).optimizeForInference({ inputShape: [2, 8] });
  counts.delete(net);
  return Object.assign(net, { code });
}

const rows = (count = 2) => tf.tensor2d(normal(count, 8), [count, 8]);

/** Predictions for so many different inputs, each compared with what the code itself gives. */
async function check(net: Counting, times: number, code = product, count = 2): Promise<void> {
  for (let i = 0; i < times; i++) {
    const x = rows(count);
    const y = net.predict(x);
    const expected = tf.tidy(() => code(x, net));
    expect(y.shape).toEqual(expected.shape);
    expect(await y.array()).toEqual(await expected.array());
    tf.dispose([x, y, expected]);
  }
}

describe('predictions of an optimized net', () => {
  it('run its code twice, and then make the same calls without it', async () => {
    const net = optimized();
    await check(net, 5);
    expect(net.runs).toBe(2);
    await check(net, 5, product, 3);
    expect(net.runs).toBe(4);
  });

  it('are compiled once, and leave no tensors behind', async () => {
    const net = optimized((x, own) => tf.sub(product(x, own), 0.5));
    const x = rows();
    const results: number[] = [];
    const misses = () => backend.statistics().cacheMisses;
    const before = misses();
    const tensors = tf.memory().numTensors;
    for (let i = 0; i < 4; i++) {
      const y = net.predict(x);
      results.push((await y.data())[0]!);
      y.dispose();
      // The weight is made on first use.
      expect(tf.memory().numTensors).toBe(tensors + 1);
    }
    expect(net.runs).toBe(2);
    expect(misses()).toBe(before + 1);
    expect(new Set(results).size).toBe(1);
  });

  it('follow weights that change', async () => {
    const net = optimized();
    await check(net, 3);
    net.weight.assign(tf.tensor2d(normal(8, 4), [8, 4]));
    await check(net, 3);
    expect(net.runs).toBe(2);
  });

  it('fit into what is recorded around them', async () => {
    const net = optimized((x, own) => tf.reshape(product(x, own), [4, 2]));
    const numbers = normal(2, 8);
    const around = (predict: (x: tf.Tensor) => tf.Tensor) =>
      tf.tidy(() => tf.softmax(predict(tf.reshape(tf.mul(tf.tensor1d(numbers), 2), [2, 8]))));
    const expected = around((x) => net.forward(x));
    counts.delete(net);
    for (let i = 0; i < 4; i++) {
      const y = around((x) => net.predict(x));
      expect(await y.array()).toEqual(await expected.array());
    }
    expect(net.runs).toBe(2);
  });

  it('keep what they were made with: constants are not overwritten by later tensors', async () => {
    const offsets = () => tf.tensor1d([1, 2, 3, 4]);
    const code = (x: tf.Tensor, own: Counting) => tf.add(product(x, own), offsets());
    const net = optimized(code);
    await check(net, 3, code);
    for (let i = 0; i < 20; i++) tf.dispose(tf.tensor1d([9, 9, 9, 9]));
    await check(net, 3, code);
    expect(net.runs).toBe(2);
  });

  it('can be reshaped afterwards as they were inside', async () => {
    const net = optimized((x, own) => {
      const y = product(x, own);
      tf.dispose(tf.neg(tf.reshape(y, [4, 2])));
      return y;
    });
    const x = rows();
    for (let i = 0; i < 4; i++) {
      const y = tf.tidy(() => tf.neg(tf.reshape(net.predict(x), [4, 2])));
      const expected = tf.tidy(() => tf.neg(tf.reshape(product(x, net), [4, 2])));
      expect(await y.array()).toEqual(await expected.array());
    }
  });

  it('run in loops that never await, a few at a time', () => {
    const net = optimized();
    const x = rows();
    const before = backend.statistics().runs;
    const all = tf.tidy(() => Array.from({ length: 2000 }, () => net.predict(x)));
    expect(backend.statistics().runs).toBeGreaterThan(before + 1);
    expect(net.runs).toBe(2);
    expect(all.at(-1)!.dataSync()).toEqual(all[0]!.dataSync());
    tf.dispose(all);
  });

  it('run in the background', async () => {
    await ortBackend({ threads: 1, background: true }).init();
    const net = optimized();
    await check(net, 5);
    expect(net.runs).toBe(2);
    backend = await startOrt();
  });
});

describe('the code of an optimized net runs again', () => {
  it('where a hook was added, and when it was removed', async () => {
    const net = optimized();
    await check(net, 3);
    let seen = 0;
    const hook = net.registerForwardHook(() => {
      seen++;
      return undefined;
    });
    await check(net, 6);
    expect(seen).toBe(6);
    hook.remove();
    await check(net, 3);
    expect(seen).toBe(6);
  });

  it('where a module was built, which may have replaced one of its own', async () => {
    class Twice extends Module<[tf.Tensor], tf.Tensor> {
      forward(x: tf.Tensor): tf.Tensor {
        return tf.mul(x, 2);
      }
    }
    const code = (x: tf.Tensor, own: Counting) => {
      const y = product(x, own);
      return own.child ? own.child.call(y) : y;
    };
    const net = optimized(code);
    await check(net, 3, code);
    net.child = new Twice();
    await check(net, 3, code);
  });

  it('where a field was given another value, and every time where it does that itself', async () => {
    const code = (x: tf.Tensor, own: Counting) => tf.mul(product(x, own), own.factor);
    const net = optimized(code);
    await check(net, 4, code);
    net.factor = 3;
    await check(net, 4, code);
    expect(net.runs).toBe(4);
    const changing = optimized((x, own) => tf.mul(product(x, own), own.factor++ < 20 ? 1 : 2));
    for (let i = 0; i < 20; i++) tf.dispose(changing.predict(rows()));
    expect(changing.runs).toBe(20);
  });

  it('every time, where it draws numbers', () => {
    for (const noise of [() => Math.random(), () => tf.randomUniform([2, 4])]) {
      const net = optimized((x, own) => tf.add(product(x, own), noise()));
      const x = rows();
      const results = Array.from({ length: 8 }, () => net.predict(x).dataSync()[0]);
      expect(new Set(results).size).toBe(8);
      expect(net.runs).toBe(8);
    }
  });

  it('every time, where it reads, or keeps tensors for itself', async () => {
    const kept: tf.Tensor[] = [];
    const codes = [
      (x: tf.Tensor, own: Counting) => tf.mul(product(x, own), tf.max(x).dataSync()[0]!),
      (x: tf.Tensor, own: Counting) => {
        const y = product(x, own);
        kept.push(tf.keep(tf.neg(y)));
        return tf.exp(y);
      },
      // Runs on plain JavaScript.
      (x: tf.Tensor) => tf.unique(tf.reshape(tf.slice(x, [0, 0], [1, 4]), [4])).values,
    ];
    for (const code of codes) {
      const net = optimized(code);
      await check(net, 6, code);
      expect(net.runs).toBe(6);
    }
    tf.dispose(kept);
  });

  it('every time, with replay: false, while somebody counts kernels, and for wrong inputs', async () => {
    const always = new Counting(product).optimizeForInference({ inputShape: [2, 8], replay: false });
    counts.delete(always);
    await check(always, 4);
    expect(always.runs).toBe(4);

    const net = optimized();
    await check(net, 3);
    const x = rows();
    const { kernelNames } = await tf.profile(() => net.predict(x));
    expect(kernelNames).toContain('Relu');
    expect(net.runs).toBe(3);
    x.dispose();
    expect(() => net.predict(x)).toThrow();
    expect(() => net.predict(tf.zeros([2, 7]))).toThrow(/Counting: Error in matMul/);
    await check(net, 1);
  });

  it('where a weight is gone, and says so', async () => {
    const net = optimized();
    await check(net, 3);
    net.dispose();
    expect(() => net.predict(rows())).toThrow(/used after dispose/);
  });

  it('where nobody can tell which of two inputs is which', async () => {
    class Difference extends Module<[tf.Tensor, tf.Tensor], tf.Tensor> {
      forward(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
        return tf.sub(a, tf.mul(b, 2));
      }
    }
    const net: Module<[tf.Tensor, tf.Tensor], tf.Tensor> = new Difference();
    const [a, b] = [rows(), rows()];
    // It has nothing to optimize; tracing takes one input only.
    Module.prototype.optimizeForInference.call(Object.assign(net, { forward: (x: tf.Tensor) => x }), {
      inputShape: [2, 8],
    });
    Object.assign(net, { forward: Difference.prototype.forward });
    for (let i = 0; i < 3; i++) tf.dispose(net.predict(a, a));
    const y = net.predict(a, b);
    const expected = net.forward(a, b);
    expect(await y.array()).toEqual(await expected.array());
  });
});
