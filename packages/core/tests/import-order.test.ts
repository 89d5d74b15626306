import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';

// Gradients that clone or reshape met a Tensor class without ops when this package was the first to load tfjs.
it('computes gradients when it is imported before tfjs-core', () => {
  const program = `
    const { valueAndGrads, Parameter } = await import('@zoo/core');
    const tf = await import('@tensorflow/tfjs-core');
    const { cpuBackend } = await import('@zoo/backend-cpu');
    await cpuBackend().init();
    const w = new Parameter([1, 4, 4, 1], { init: () => new Float32Array(16).fill(1) });
    const { grads } = valueAndGrads(() => tf.mean(tf.avgPool(w.value(), 2, 2, 'valid')), [w]);
    console.log(JSON.stringify(Array.from(await grads.get(w).data())));
  `;
  const args = ['--import', 'tsx', '--conditions=@zoo/source', '--input-type=module', '-e', program];
  const output = execFileSync(process.execPath, args, {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    encoding: 'utf8',
  });
  expect(JSON.parse(output.trim().split('\n').at(-1)!)).toEqual(new Array(16).fill(1 / 16));
});

// tfjs-core alone does not register the chained ops that these gradients call.
it('computes the gradients that use chained ops', async () => {
  const x = tf.tensor2d([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  const indices = tf.tensor2d(
    [
      [0, 2],
      [1, 1],
    ],
    undefined,
    'int32',
  );
  const gathered = tf.grad((t: tf.Tensor) => tf.sum(tf.gather(t, indices, 1, 1)))(x);
  expect(Array.from(await gathered.data())).toEqual([1, 0, 1, 0, 2, 0]);
  const product = tf.grad((t: tf.Tensor) => tf.sum(tf.prod(t, 1)))(x);
  expect(Array.from(await product.data())).toEqual([6, 3, 2, 30, 24, 20]);
  tf.dispose([x, indices, gathered, product]);
});
