import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
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
