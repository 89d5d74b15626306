import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('does not greet its first use on stderr', () => {
  const program = `
    const { cpuBackend } = await import('@zoo/backend-cpu');
    await cpuBackend().init();
    const tf = await import('@tensorflow/tfjs-core');
    await tf.add(tf.ones([2]), 1).data();
  `;
  const args = ['--import', 'tsx', '--conditions=@zoo/source', '--input-type=module', '-e', program];
  const cwd = fileURLToPath(new URL('../../core', import.meta.url)); // depends on the engines for its own tests
  const { status, stderr } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
});
