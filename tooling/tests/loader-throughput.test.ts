import { expect, it } from 'vitest';
import { run } from '../process.ts';
import { bin, root } from '../workspace.ts';

it('compare:loader runs both sides on the same images', { timeout: 120_000 }, async () => {
  const args = [
    '--conditions=@zoo/source',
    'tooling/loader-throughput/run.ts',
    '--count=8',
    '--rounds=1',
    '--workers=1',
  ];
  const { code, output } = await run(bin('tsx'), args, { cwd: root, quiet: true });
  expect(output).toMatch(/^(1 worker, 8 JPEGs[\s\S]*ratio +\d|skip: )/m);
  expect(code).toBe(0);
});
