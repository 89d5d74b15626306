import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../../tooling/process.ts';
import { bin, root } from '../../tooling/workspace.ts';
import type { BenchmarkFile } from '../suite/result.ts';

async function bench(...args: string[]): Promise<{ code: number; output: string; file: () => BenchmarkFile }> {
  const folder = mkdtempSync(join(tmpdir(), 'zoo-bench-'));
  const json = join(folder, 'out.json');
  const command = ['--conditions=@zoo/source', join(root, 'bench/run.ts'), ...args, '--json', json];
  const { code, output } = await run(bin('tsx'), command, { cwd: root, quiet: true });
  const file = () => {
    const text = readFileSync(json, 'utf8');
    rmSync(folder, { recursive: true });
    return JSON.parse(text) as BenchmarkFile;
  };
  return { code, output, file };
}

describe('pnpm bench', () => {
  it('times WASM beside the peers there are, and says why others are not', { timeout: 180_000 }, async () => {
    const { code, output, file } = await bench('inference', 'training', '--quick', '--engines', 'wasm');
    expect(code, output).toBe(0);
    const { schema, cases, machine } = file();
    expect(schema).toBe(1);
    expect(machine.cores).toBeGreaterThan(0);
    expect(cases.map(({ title }) => title)).toEqual([
      'inference: resnet18, batch 2, 64x64',
      'training: lenet5_relu, batch 8, 28x28',
    ]);
    for (const { rows } of cases) {
      const peers = rows.filter(({ kind }) => kind === 'peer');
      const wasm = rows.find(({ engine }) => engine === 'wasm')!;
      expect(wasm).toMatchObject({ threads: 1, rounds: [{ wallMs: expect.any(Number) }] });
      for (const { engine, missing } of peers) {
        if (missing) expect(output).toContain(`not run: ${engine}: ${missing}`);
      }
      const ran = peers.filter(({ missing }) => !missing).map(({ engine }) => engine);
      expect(Object.keys(wasm.ratio)).toEqual(ran);
      if (ran.length > 0) expect(wasm.error).toBeLessThan(1e-4);
    }
  });

  it('runs without PyTorch, and marks what it then cannot compare', { timeout: 120_000 }, async () => {
    const args = ['training', '--quick', '--engines', 'wasm', '--python', join(root, 'no-such-python')];
    const { code, output, file } = await bench(...args);
    expect(code, output).toBe(0);
    expect(output).toMatch(/not run: pytorch: spawn .*no-such-python ENOENT/);
    expect(output).toContain('wasm * ?');
    expect(file().cases[0]!.rows[1]!.ratio).toEqual({});
  });

  it('refuses a folder that is not there before it times anything', { timeout: 60_000 }, async () => {
    const args = [
      '--conditions=@zoo/source',
      join(root, 'bench/run.ts'),
      '--json',
      join(root, 'no-such-folder/out.json'),
    ];
    const { code, output } = await run(bin('tsx'), args, { cwd: root, quiet: true });
    expect(code).toBe(1);
    expect(output.trim()).toMatch(/^--json \S+: there is no folder \S+no-such-folder\.$/);
  });

  it('ends with the nearest name and no stack for a group that there is not', { timeout: 60_000 }, async () => {
    const { code, output } = await bench('trainig');
    expect(code).toBe(1);
    expect(output.trim()).toMatch(/^Unknown group 'trainig'\. Did you mean 'training'\?/);
  });
});
