import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import {
  Counter,
  createRng,
  isZooError,
  Module,
  ModuleBuffer,
  ModuleDict,
  ModuleList,
  manualSeed,
  noGrad,
  Parameter,
  Sequential,
  seeded,
  valueAndGrads,
} from '../src/index.ts';

const uniform = (shape: readonly number[], rng: { uniform(): number }) =>
  Float32Array.from({ length: shape.reduce((n, d) => n * d, 1) }, () => rng.uniform() - 0.5);

class Dense extends Module {
  weight: Parameter;
  bias?: Parameter;
  constructor(inFeatures: number, outFeatures: number, bias = true) {
    super();
    this.weight = new Parameter([outFeatures, inFeatures], { init: uniform, layout: [1, 0] });
    if (bias) this.bias = new Parameter([outFeatures], { init: uniform });
  }
  forward(x: tf.Tensor): tf.Tensor {
    const y = tf.matMul(x as tf.Tensor2D, this.weight.value() as tf.Tensor2D);
    return this.bias ? tf.add(y, this.bias.value()) : y;
  }
}

class Norm extends Module {
  running_mean = new ModuleBuffer([2]);
  num_batches_tracked = new Counter();
  weight = new Parameter([2]);
  forward(x: tf.Tensor): tf.Tensor {
    if (this.training && !this.frozen) {
      this.running_mean.assign(tf.mean(x, 0));
      this.num_batches_tracked.value++;
    }
    return tf.sub(x, this.running_mean.value());
  }
}

describe('state dict', () => {
  it('names entries by field, parameters before buffers, in PyTorch layout', async () => {
    const net = new Sequential(new Dense(3, 2), new Norm());
    const state = await net.stateDict();
    expect([...state].map(([k, t]) => [k, t.dtype, t.shape])).toEqual([
      ['0.weight', 'float32', [2, 3]],
      ['0.bias', 'float32', [2]],
      ['1.weight', 'float32', [2]],
      ['1.running_mean', 'float32', [2]],
      ['1.num_batches_tracked', 'int64', []],
    ]);
  });

  it('round-trips values through the runtime layout', async () => {
    const net = new Dense(3, 2);
    const data = Float32Array.of(1, 2, 3, 4, 5, 6);
    net.loadStateDict(
      new Map([
        ['weight', { dtype: 'float32', shape: [2, 3], data }],
        ['bias', { dtype: 'float32', shape: [2], data: Float32Array.of(7, 8) }],
      ]),
    );
    expect(await net.weight.value().array()).toEqual([
      [1, 4],
      [2, 5],
      [3, 6],
    ]);
    expect([...(await net.stateDict()).get('weight')!.data]).toEqual([...data]);
    net.dispose();
  });

  it('lists missing, unexpected and mis-shaped keys, and loads nothing', async () => {
    const net = new Dense(3, 2);
    const before = (await net.stateDict()).get('bias')!.data;
    const bad = new Map([
      ['weight', { dtype: 'float32' as const, shape: [3, 2], data: new Float32Array(6) }],
      ['extra', { dtype: 'float32' as const, shape: [1], data: new Float32Array(1) }],
    ]);
    expect(() => net.loadStateDict(bad)).toThrow(
      /Missing:\s+bias[\s\S]*Unexpected:\s+extra[\s\S]*Wrong shape:\s+weight: expected \[2, 3\], got \[3, 2\]/,
    );
    bad.set('bias', { dtype: 'float32', shape: [2], data: new Float32Array(2) });
    expect(() => net.loadStateDict(bad, { strict: false })).toThrow(/Wrong shape/);
    expect((await net.stateDict()).get('bias')!.data).toEqual(before);
    bad.delete('weight');
    expect(net.loadStateDict(bad, { strict: false })).toEqual({ missing: ['weight'], unexpected: ['extra'] });
  });

  it('accepts files without num_batches_tracked', () => {
    const net = new Norm();
    const two = () => ({ dtype: 'float32' as const, shape: [2], data: new Float32Array(2) });
    expect(
      net.loadStateDict(
        new Map([
          ['weight', two()],
          ['running_mean', two()],
        ]),
      ).missing,
    ).toEqual([]);
  });

  it('never runs the initializer of a loaded parameter', () => {
    let ran = 0;
    const parameter = new Parameter([1], { init: () => Float32Array.of(++ran) });
    parameter.load({ dtype: 'float32', shape: [1], data: Float32Array.of(5) });
    parameter.variable();
    expect(ran).toBe(0);
    parameter.dispose();
  });
});

describe('sharing', () => {
  it('keeps one state-dict entry per name, one parameter, and adds gradients up', async () => {
    const shared = new Dense(1, 1, false);
    const net = new Sequential(shared, shared);
    expect([...(await net.stateDict()).keys()]).toEqual(['0.weight', '1.weight']);
    expect(net.parameters()).toHaveLength(1);
    shared.weight.load({ dtype: 'float32', shape: [1, 1], data: Float32Array.of(3) });
    const x = tf.tensor2d([[2]]);
    const { value, grads } = valueAndGrads(() => tf.sum(net.call(x)), net.trainableParameters());
    expect(await value.array()).toBe(18);
    expect(await grads.get(shared.weight)!.array()).toEqual([[12]]); // d(w^2 x)/dw = 2wx
    tf.dispose([x, value, [...grads.values()]]);
    net.dispose();
  });
});

describe('training, freezing and inference', () => {
  it('freeze survives train() and keeps running statistics', async () => {
    const net = new Sequential(new Norm());
    const norm = net.at(0) as Norm;
    const x = tf.tensor2d([
      [1, 2],
      [3, 4],
    ]);
    net.freeze().train();
    net.call(x).dispose();
    expect(norm.num_batches_tracked.value).toBe(0);
    expect(net.trainableParameters()).toEqual([]);
    net.unfreeze();
    net.call(x).dispose();
    expect(norm.num_batches_tracked.value).toBe(1);
    expect(await norm.running_mean.value().array()).toEqual([2, 3]);
    x.dispose();
    net.dispose();
  });

  it('predict is in evaluation mode and records no gradient', () => {
    const net = new Sequential(new Norm(), new Dense(2, 1));
    const x = tf.tensor2d([[1, 2]]);
    const before = tf.memory().numTensors;
    expect(() => valueAndGrads(() => tf.sum(net.predict(x)), net.trainableParameters())).toThrow();
    net.predict(x).dispose();
    expect((net.at(0) as Norm).num_batches_tracked.value).toBe(0);
    expect(net.training).toBe(true);
    expect(tf.memory().numTensors - before).toBe(4); // the four state variables that came to life
    x.dispose();
    net.dispose();
  });

  it('noGrad results are constants', async () => {
    const w = new Parameter([1], { init: () => Float32Array.of(3) });
    const { value, grads } = valueAndGrads(
      () =>
        tf.sum(
          tf.mul(
            w.value(),
            noGrad(() => tf.square(w.value())),
          ),
        ),
      [w],
    );
    expect(await grads.get(w)!.array()).toEqual([9]);
    tf.dispose([value, [...grads.values()]]);
    w.dispose();
  });

  it('leaves nothing behind over many steps', () => {
    const net = new Sequential(new Dense(4, 4), new Norm2(), new Dense(4, 1));
    const x = tf.ones([2, 4]);
    net.materialize();
    const before = tf.memory().numTensors;
    for (let i = 0; i < 20; i++) {
      const { value, grads } = valueAndGrads(() => tf.mean(net.call(x)), net.trainableParameters());
      tf.dispose([value, [...grads.values()]]);
    }
    expect(tf.memory().numTensors).toBe(before);
    x.dispose();
    net.dispose();
  });
});

class Norm2 extends Module {
  forward(x: tf.Tensor): tf.Tensor {
    return tf.relu(tf.sub(x, tf.mean(x)));
  }
}

describe('hooks', () => {
  it('see and replace inputs and outputs until removed', async () => {
    const net = new Norm2();
    const x = tf.tensor1d([1, 3]);
    const seen: string[] = [];
    const pre = net.registerForwardPreHook((_, [input]) => {
      seen.push('pre');
      return [tf.mul(input, 10)];
    });
    const post = net.registerForwardHook((_, __, output) => {
      seen.push('post');
      return tf.add(output, 1);
    });
    const y = net.call(x);
    expect(await y.array()).toEqual([1, 11]);
    expect(seen).toEqual(['pre', 'post']);
    pre.remove();
    post.remove();
    const z = net.call(x);
    expect(await z.array()).toEqual([0, 1]);
    tf.dispose([x, y, z]);
  });
});

describe('errors', () => {
  it('name the layer whose op the backend lacks', () => {
    const former = tf.getBackend();
    class Missing extends Module<[tf.Tensor], tf.Tensor> {
      forward(x: tf.Tensor): tf.Tensor {
        return tf.engine().runKernel('NoSuchKernel', { x });
      }
    }
    const net = new Sequential({ block: new Missing() });
    const x = tf.ones([1]);
    expect(() => net.call(x)).toThrow(
      `Layer 'block' (Missing): Kernel 'NoSuchKernel' not registered for backend '${former}'`,
    );
    x.dispose();
  });

  it('name the layer an error came from', () => {
    const net = new Sequential({ first: new Dense(3, 2), block: new Sequential(new Dense(3, 2)) });
    const x = tf.ones([1, 3]);
    expect(() => net.call(x)).toThrow(/Layer 'block\.0' \(Dense\): .*matMul/);
    try {
      net.call(x);
    } catch (error) {
      expect(isZooError(error) && error.code).toBe('SHAPE_MISMATCH');
    }
    x.dispose();
    net.dispose();
  });

  it('refuse fields that hide the names Module uses', () => {
    class Bad extends Module {
      // @ts-expect-error the compiler refuses it too; JavaScript users have only the run-time check
      rng = createRng(1);
      forward(x: tf.Tensor): tf.Tensor {
        return x;
      }
    }
    expect(() => new Bad().parameters()).toThrow(/field 'rng'/);
  });

  it('say that a disposed net cannot be used', () => {
    const net = new Dense(1, 1);
    net.materialize();
    net.dispose();
    expect(() => net.weight.variable()).toThrow(/after dispose/);
  });
});

describe('containers', () => {
  it('list and dict name their modules', () => {
    const owner = new (class extends Module {
      list = new ModuleList([new Norm2()]);
      dict = new ModuleDict({ head: new Norm2() });
      forward(x: tf.Tensor): tf.Tensor {
        return x;
      }
    })();
    expect(Array.from(owner.namedModules(), ([name]) => name)).toEqual(['', 'list', 'list.0', 'dict', 'dict.head']);
    expect(() => owner.list.forward()).toThrow(/only holds modules/);
  });
});

describe('seeds', () => {
  it('give the same parameters whatever the order of first use', async () => {
    const build = () => seeded(7, () => new Sequential(new Dense(3, 2), new Dense(2, 2)));
    const [a, b] = [build(), build()];
    (b.at(1) as Dense).weight.variable();
    const [stateA, stateB] = [await a.stateDict(), await b.stateDict()];
    expect(stateA).toEqual(stateB);
    expect(stateA.get('0.weight')!.data).not.toEqual(stateA.get('1.weight')!.data);
    manualSeed(7);
    expect(await new Sequential(new Dense(3, 2), new Dense(2, 2)).stateDict()).toEqual(stateA);
    manualSeed(0);
    b.dispose();
  });
});
