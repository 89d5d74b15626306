import * as tf from '@tensorflow/tfjs-core';
import { Parameter, valueAndGrads } from '@zoo/core';
import { fillInput, relativeError } from '@zoo/testing';
import { describe, expect, it } from 'vitest';
import { Adadelta, Adagrad, Adam, AdamW, type Optimizer, RMSprop, SGD } from '../src/index.ts';
import { readGolden } from './golden.ts';

interface OptimizerFile {
  optimizers: Record<string, { trajectory: number[][] }>;
}
const golden = readGolden<OptimizerFile>('optimizers');

const parameter = (values: Float32Array) => new Parameter([values.length], { init: () => values.slice() });

const table: Record<string, (parameters: Parameter[]) => Optimizer> = {
  sgd: (p) => new SGD(p, { lr: 0.1 }),
  sgd_momentum: (p) => new SGD(p, { lr: 0.1, momentum: 0.9 }),
  sgd_momentum_dampening: (p) => new SGD(p, { lr: 0.1, momentum: 0.9, dampening: 0.2 }),
  sgd_nesterov_wd: (p) => new SGD(p, { lr: 0.05, momentum: 0.9, nesterov: true, weightDecay: 0.01 }),
  adagrad: (p) => new Adagrad(p, { lr: 0.1, lrDecay: 0.01, weightDecay: 0.01 }),
  rmsprop: (p) => new RMSprop(p, { lr: 0.01, alpha: 0.9 }),
  rmsprop_centered_momentum: (p) =>
    new RMSprop(p, { lr: 0.01, alpha: 0.9, centered: true, momentum: 0.5, weightDecay: 0.01 }),
  adadelta: (p) => new Adadelta(p, { lr: 1, rho: 0.9 }),
  adam: (p) => new Adam(p, { lr: 0.05 }),
  adam_wd: (p) => new Adam(p, { lr: 0.05, weightDecay: 0.05 }),
  adam_amsgrad: (p) => new Adam(p, { lr: 0.05, amsgrad: true }),
  adamw: (p) => new AdamW(p, { lr: 0.05, weightDecay: 0.05 }),
  param_groups: ([weight, bias]) =>
    new SGD([{ params: [weight!] }, { params: [bias!], lr: 0.5 }], { lr: 0.05, momentum: 0.9, weightDecay: 0.01 }),
};

/** The golden problem: `0.5 * |A w - b|^2 / 6`, with a bias where there are two parameters. */
class LeastSquares {
  readonly parameters: Parameter[];
  readonly #a = tf.tensor2d(fillInput('A', 24), [6, 4]);
  readonly #b = tf.tensor1d(fillInput('b', 6));

  constructor(withBias: boolean) {
    this.parameters = [parameter(fillInput('w0', 4)), ...(withBias ? [parameter(fillInput('bias0', 1))] : [])];
  }

  step(optimizer: Optimizer): void {
    const [weight, bias] = this.parameters;
    const { value, grads } = valueAndGrads(() => {
      const product = tf.reshape(tf.matMul(this.#a, tf.reshape(weight!.value(), [4, 1]) as tf.Tensor2D), [6]);
      const residual = tf.sub(bias ? tf.add(product, bias.value()) : product, this.#b);
      return tf.div(tf.sum(tf.square(residual)), 12);
    }, this.parameters);
    optimizer.step(grads);
    tf.dispose([value, ...grads.values()]);
  }

  async values(): Promise<number[]> {
    const all = await Promise.all(this.parameters.map((p) => p.value().data()));
    return all.flatMap((values) => [...values]);
  }
}

const problemFor = (name: string) => new LeastSquares(name === 'param_groups');

describe('optimizers follow PyTorch', () => {
  for (const [name, { trajectory }] of Object.entries(golden.optimizers)) {
    it(name, async () => {
      const problem = problemFor(name);
      const optimizer = table[name]!(problem.parameters);
      for (const expected of trajectory) {
        problem.step(optimizer);
        expect(relativeError(await problem.values(), expected)).toBeLessThan(1e-5);
      }
    });
  }
});

describe('optimizer state', () => {
  for (const name of Object.keys(table)) {
    it(`${name}: a saved and restored run continues bit for bit, and nothing leaks`, async () => {
      const whole = problemFor(name);
      const first = table[name]!(whole.parameters);
      for (let i = 0; i < 3; i++) whole.step(first);
      const state = await first.stateDict();
      const values = await Promise.all(whole.parameters.map((p) => p.toHost()));
      const held = tf.memory().numTensors;
      for (let i = 0; i < 4; i++) whole.step(first);
      expect(tf.memory().numTensors).toBe(held);

      const resumed = problemFor(name);
      resumed.parameters.forEach((p, i) => {
        p.load(values[i]!);
      });
      const second = table[name]!(resumed.parameters);
      second.loadStateDict({ tensors: state.tensors, paramGroups: JSON.parse(JSON.stringify(state.paramGroups)) });
      for (let i = 0; i < 4; i++) resumed.step(second);
      expect(await resumed.values()).toEqual(await whole.values());

      for (const p of [...whole.parameters, ...resumed.parameters]) p.variable();
      const before = tf.memory().numTensors;
      const slots = [...state.tensors.keys()].filter((key) => !key.endsWith('.step')).length;
      first.dispose();
      second.dispose();
      expect(before - tf.memory().numTensors).toBe(2 * slots);
    });
  }

  it('names slots as PyTorch does', async () => {
    const problem = problemFor('param_groups');
    const adam = new Adam(problem.parameters, { amsgrad: true });
    problem.step(adam);
    const { tensors, paramGroups } = await adam.stateDict();
    expect([...tensors.keys()]).toEqual([
      '0.step',
      '0.exp_avg',
      '0.exp_avg_sq',
      '0.max_exp_avg_sq',
      '1.step',
      '1.exp_avg',
      '1.exp_avg_sq',
      '1.max_exp_avg_sq',
    ]);
    expect(paramGroups).toEqual([
      { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, amsgrad: true, params: [0, 1] },
    ]);
  });

  it("keeps slots in PyTorch's layout, there and back", async () => {
    const kernel = () => new Parameter([2, 3, 1, 2], { layout: [2, 3, 1, 0] });
    const [p, q] = [kernel(), kernel()];
    const [first, second] = [new SGD([p], { lr: 0, momentum: 0.9 }), new SGD([q], { lr: 0, momentum: 0.9 })];
    const values = Float32Array.from({ length: 12 }, (_, i) => i);
    first.step(new Map([[p, tf.tensor(values, [1, 2, 3, 2])]])); // the buffer is the gradient
    const state = await first.stateDict();
    const buffer = state.tensors.get('0.momentum_buffer')!;
    expect(buffer.shape).toEqual([2, 3, 1, 2]);
    expect(buffer.data).toEqual(await tf.transpose(tf.tensor(values, [1, 2, 3, 2]), [3, 2, 0, 1]).data());
    second.loadStateDict(state);
    expect(await second.stateDict()).toEqual(state);
  });

  it('refuses a state that does not fit and keeps its own', async () => {
    const problem = problemFor('param_groups');
    const optimizer = table['param_groups']!(problem.parameters);
    problem.step(optimizer);
    const state = await optimizer.stateDict();
    const other = new SGD(problem.parameters, { lr: 0.1, momentum: 0.9 });
    expect(() => other.loadStateDict(state)).toThrow(/groups have \[1, 1\] parameters, the optimizer's \[2\]/);
    const wrong = new Map(state.tensors).set('1.momentum_buffer', {
      dtype: 'float32',
      shape: [2],
      data: new Float32Array(2),
    });
    expect(() => optimizer.loadStateDict({ ...state, tensors: wrong })).toThrow(/'1.momentum_buffer' has shape \[2\]/);
    expect(await optimizer.stateDict()).toEqual(state);
  });
});

describe('optimizer use', () => {
  it('skips parameters without a gradient or with requiresGrad off', async () => {
    const [a, b, c] = [1, 2, 3].map((x) => parameter(Float32Array.of(x)));
    b!.requiresGrad = false;
    const optimizer = new SGD([a!, b!, c!], { lr: 1, weightDecay: 0.5 });
    const ones = tf.ones([1]);
    optimizer.step(
      new Map([
        [a!, ones],
        [b!, ones],
      ]),
    );
    const values = await Promise.all([a!, b!, c!].map((p) => p.value().data()));
    expect(values.map((v) => v[0])).toEqual([-0.5, 2, 3]);
    expect([...(await optimizer.stateDict()).tensors.keys()]).toEqual(['0.step']);
  });

  it('takes a learning rate changed between steps', async () => {
    const p = parameter(Float32Array.of(0));
    const optimizer = new SGD([p], { lr: 1 });
    const grads = new Map([[p, tf.ones([1])]]);
    optimizer.step(grads);
    optimizer.paramGroups[0]!.lr = 0.25;
    optimizer.step(grads);
    expect(await p.value().data()).toEqual(Float32Array.of(-1.25));
  });

  it('refuses what it cannot use', () => {
    const p = parameter(Float32Array.of(0));
    expect(() => new SGD([p], { lr: 0.1, momentun: 0.9 } as never)).toThrow(/no option 'momentun'.*'momentum'/);
    expect(() => new Adam([{ params: [p], learningRate: 1 } as never])).toThrow(/no option 'learningRate'/);
    expect(() => new SGD([p], {} as never)).toThrow(/SGD: 'lr' must be a number >= 0/);
    expect(() => new Adam([p], { lr: -1 })).toThrow(/'lr' must be a number >= 0, got -1/);
    for (const [lr, words] of [
      [Number.NaN, 'NaN'],
      [1n, '1n'],
      ['0.1', '"0.1"'],
      [null, 'NaN'], // as if it were not given; SGD has no default
      [[0.1], '[0.1]'],
      [{}, 'an object'],
    ] as const) {
      expect(() => new SGD([p], { lr: lr as number })).toThrow(`'lr' must be a number >= 0, got ${words}.`);
    }
    expect(() => new Adam([p], { betas: 0.9 as never })).toThrow("'betas' must be two numbers in [0, 1), got 0.9.");
    expect(() => new Adam([p], { betas: [0.9, 1] })).toThrow(/betas/);
    expect(() => new SGD([p], { lr: 0.1, nesterov: true })).toThrow(/Nesterov/);
    expect(() => new SGD([], { lr: 0.1 })).toThrow(/no parameters/);
    expect(() => new SGD([p, p], { lr: 0.1 })).toThrow(/twice/);
    expect(() => new SGD([p, { params: [p] }] as never, { lr: 0.1 })).toThrow(/not both/);
  });

  it('centered RMSprop stays finite when the gradient does not change', async () => {
    const p = parameter(Float32Array.of(1));
    const optimizer = new RMSprop([p], { lr: 1e-3, alpha: 0.5, centered: true });
    const grads = new Map([[p, tf.tensor1d([0.3])]]);
    for (let i = 0; i < 60; i++) optimizer.step(grads);
    expect(Number.isFinite((await p.value().data())[0])).toBe(true);
  });
});

it('Adam holds three temporaries of a parameter at most', async () => {
  const size = 1000;
  const parameter = new Parameter([size], { init: () => new Float32Array(size).fill(1) });
  const optimizer = new Adam([parameter]);
  const grads = new Map([[parameter, tf.ones([size])]]);
  optimizer.step(grads);
  const engine = tf.engine() as unknown as { runKernelFunc(...parts: unknown[]): unknown };
  const { runKernelFunc } = engine;
  const before = tf.memory().numDataBuffers;
  let most = 0;
  engine.runKernelFunc = function (this: unknown, ...parts) {
    const result = runKernelFunc.apply(this, parts);
    most = Math.max(most, tf.memory().numDataBuffers - before);
    return result;
  };
  try {
    optimizer.step(grads);
  } finally {
    delete (engine as { runKernelFunc?: unknown }).runKernelFunc;
  }
  // Beside five numbers on the device.
  expect(most).toBeLessThanOrEqual(3 + 6);
  tf.dispose([...grads.values()]);
  parameter.dispose();
  optimizer.dispose();
});
