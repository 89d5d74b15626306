import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { wasmBackend } from '../src/index.ts';
import { codeOf, expectLikeCpu, integers, normal, pick, rngFor } from './against-cpu.ts';

beforeEach(async () => {
  await wasmBackend().init();
});

// What training calls and @tensorflow/tfjs-backend-wasm 4.22.0 does not have.
describe('kernels that tfjs lacks', () => {
  for (const name of [
    tf.Conv2DBackpropFilter,
    tf.DepthwiseConv2dNativeBackpropFilter,
    tf.DepthwiseConv2dNativeBackpropInput,
    tf.Einsum,
    tf.UnsortedSegmentSum,
  ]) {
    it(`${name} exists`, () => expect(tf.getKernel(name, 'wasm')).toBeDefined());
  }
});

describe('UnsortedSegmentSum', () => {
  it('equals the cpu backend', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const rng = rngFor(seed);
      const n = 1 + rng.int(20);
      const rest = pick(rng, [[], [1], [5], [3, 4], [17]]);
      await expectLikeCpu(`${n} of ${rest}`, [normal(rng, [n, ...rest]), integers(rng, [n], 6)], (x, ids) =>
        tf.unsortedSegmentSum(x!, ids as tf.Tensor1D, 5),
      );
    }
  });

  it('adds integers as integers', async () => {
    const out = tf.unsortedSegmentSum(tf.tensor1d([1, 2, 30, 400], 'int32'), tf.tensor1d([1, 0, 1, -1], 'int32'), 2);
    expect(out.dtype).toBe('int32');
    expect(Array.from(await out.data())).toEqual([2, 31]);
    out.dispose();
  });

  it('refuses ids that do not match the values', () => {
    const [x, ids] = [tf.zeros([3, 2]), tf.zeros([4], 'int32') as tf.Tensor1D];
    expect(codeOf(() => tf.unsortedSegmentSum(x, ids, 2))).toBe('SHAPE_MISMATCH');
    tf.dispose([x, ids]);
  });

  it('is the gradient of gather, repeated rows adding up', async () => {
    for (const axis of [0, 1]) {
      const rng = rngFor(axis);
      const inputs = [normal(rng, [6, 7, 3]), integers(rng, [11], 6)];
      await expectLikeCpu(`axis ${axis}`, inputs, (x, ids) =>
        tf.grad((t) => tf.gather(t, ids as tf.Tensor1D, axis))(x!),
      );
    }
  });
});

describe('einsum', () => {
  const cases: [string, ...number[][]][] = [
    ['ij->ji', [2, 3]],
    ['bij->bji', [2, 3, 4]],
    ['ijk->j', [2, 3, 4]],
    ['ijk->', [2, 3, 4]],
    ['ij,jk->ik', [2, 3], [3, 4]],
    ['ij,kj->ik', [2, 3], [4, 3]],
    ['i,i->', [5], [5]],
    ['i,j->ij', [4], [5]],
    ['bi,bi->b', [3, 4], [3, 4]],
    ['bij,bjk->bik', [2, 3, 4], [2, 4, 5]],
    ['bhqd,bhkd->bhqk', [2, 3, 4, 5], [2, 3, 6, 5]],
    ['ijk,jl->li', [2, 3, 4], [3, 5]],
    ['abc,acd->dba', [2, 3, 4], [2, 4, 5]],
  ];
  for (const [equation, ...shapes] of cases) {
    it(equation, () => {
      const rng = rngFor(equation.length);
      return expectLikeCpu(
        equation,
        shapes.map((shape) => normal(rng, shape)),
        (...tensors) => tf.einsum(equation, ...tensors),
      );
    });
  }
});

describe('identity', () => {
  it('shares the data of a clone until both are disposed', async () => {
    const x = tf.tensor1d([1, 2, 3]);
    const buffers = tf.memory().numDataBuffers;
    const y = x.clone();
    expect(tf.memory().numDataBuffers).toBe(buffers);
    x.dispose();
    expect(Array.from(await y.data())).toEqual([1, 2, 3]);
    y.dispose();
    expect(tf.memory().numDataBuffers).toBe(buffers - 1);
  });
});
