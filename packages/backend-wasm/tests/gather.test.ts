import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { wasmBackend } from '../src/index.ts';
import { codeOf, expectLikeCpu, integers, normal, rngFor } from './against-cpu.ts';

describe('gather', () => {
  const cases: [x: number[], indices: number[], axis: number, batchDims: number][] = [
    [[6], [4], 0, 0],
    [[6, 3], [2, 5], 0, 0],
    [[3, 6, 2], [7], 1, 0],
    [[3, 2, 6], [4], -1, 0],
    [[4, 6], [4, 1], 1, 1],
    [[4, 6, 3], [4, 5], 1, 1],
    [[4, 2, 6, 3], [4, 5], 2, 1],
    [[2, 3, 6], [2, 3, 4], 2, 2],
  ];
  for (const [shape, indices, axis, batchDims] of cases) {
    it(`of ${shape} at ${indices}, axis ${axis}, batchDims ${batchDims} equals the cpu backend`, async () => {
      const rng = rngFor(axis + 5);
      await expectLikeCpu('float32', [normal(rng, shape), integers(rng, indices, 6)], (x, ids) =>
        tf.gather(x!, ids as tf.Tensor1D, axis, batchDims),
      );
      await expectLikeCpu('int32', [integers(rng, shape, 99), integers(rng, indices, 6)], (x, ids) =>
        tf.gather(x!, ids as tf.Tensor1D, axis, batchDims),
      );
    });
  }

  it('refuses an index out of range, naming it', async () => {
    await wasmBackend().init();
    const x = tf.zeros([3, 2]);
    expect(codeOf(() => tf.gather(x, tf.tensor1d([0, 3], 'int32')))).toBe('INVALID_ARGUMENT');
    x.dispose();
  });
});
