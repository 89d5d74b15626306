import { describe, expect, it } from 'vitest';
import { reasonIn } from '../suite/failure.ts';
import type { CaseResult, Row } from '../suite/result.ts';
import { statistics } from '../suite/statistics.ts';
import { formatCase, formatVersions } from '../suite/table.ts';

const row = (engine: string, rest: Partial<Row> = {}): Row => ({
  engine,
  kind: 'ours',
  versions: { 'tfjs-core': '4.22.0' },
  threads: 1,
  wallMs: statistics([130, 120, 140])!,
  cpuMs: statistics([100])!,
  peakMB: 200,
  ratio: {},
  cpuRatio: {},
  peakRatio: {},
  rounds: [],
  ...rest,
});

const { wallMs: _, cpuMs: __, peakMB: ___, ...unmeasured } = row('webgpu', { missing: 'no GPU' });

const result = (rows: Row[], unit: CaseResult['unit'] = 'batch'): CaseResult => ({
  group: 'inference',
  title: 'inference: resnet18',
  net: 'resnet18',
  batch: 1,
  size: 224,
  unit,
  rows,
});

describe('table', () => {
  it('aligns what was measured and gives ratios only against peers that ran', () => {
    const peer = row('pytorch', { kind: 'peer', wallMs: statistics([50])!, cpuMs: statistics([45])! });
    const wasm = row('wasm', { ratio: { pytorch: 2.6 }, error: 3.2e-7 });
    expect(formatCase(result([peer, wasm]), { threads: 1 }).split('\n')).toEqual([
      'inference: resnet18',
      '  engine   ms per batch  quartiles  CPU ms  peak MB  / PyTorch  differs by',
      '  pytorch          50.0  50.0-50.0    45.0      200',
      '  wasm              130    125-135     100      200       2.60        3e-7',
    ]);
  });

  it('marks a row without a peer and an output that nobody checked', () => {
    const text = formatCase(result([row('wasm')]), { threads: 1 });
    expect(text).toContain('\n  wasm * ?');
    expect(text).toContain('* no peer ran beside it');
    expect(text).toContain('? its output was compared with nobody');
  });

  it('lists what did not run, with the reason and no number', () => {
    const text = formatCase(result([unmeasured]), { threads: 1 });
    expect(text).toBe('inference: resnet18\n  not run: webgpu: no GPU');
  });

  it('repeats the reason of a peer below every table, and that of an engine of ours once', () => {
    const told = new Set<string>();
    const peer: Row = { ...unmeasured, engine: 'pytorch', kind: 'peer', missing: 'no torch' };
    formatCase(result([unmeasured, peer]), { threads: 1, told });
    expect(
      formatCase(result([unmeasured, peer]), { threads: 1, told })
        .split('\n')
        .slice(1),
    ).toEqual(['  not run: pytorch: no torch', '  not run, as above: webgpu']);
  });

  it('says when an engine had fewer threads than asked for, or used more', () => {
    const text = formatCase(result([row('wasm', { error: 0, ratio: { pytorch: 1 } })]), { threads: 2 });
    expect(text).toContain('\n  wasm (1 thread) ');
    const greedy = row('ort', { cpuMs: statistics([250])! });
    expect(formatCase(result([greedy]), { threads: 1 })).toContain('ort used more CPU time than 1 thread can give');
  });

  it('says when PyTorch is slowed down by the reference BLAS', () => {
    const text = (blas: string) =>
      formatCase(result([row('pytorch', { kind: 'peer', versions: { blas } })]), { threads: 1 });
    expect(text('reference (libblas.so.3.11.0)')).toContain('pytorch multiplies matrices with the slow reference BLAS');
    expect(text('libopenblasp-r0.3.21.so')).not.toContain('BLAS');
  });

  it('gives images per second where the unit is an image', () => {
    const text = formatCase(result([row('wasm', { wallMs: statistics([20])! })], 'image'), { threads: 1 });
    expect(text).toMatch(/images\/s[\s\S]* 50\.0 /);
  });

  it('collects the versions of all cases', () => {
    const more = row('wasm', { versions: { node: 'v20' } });
    expect(formatVersions([result([row('wasm'), unmeasured]), result([more])])).toBe(
      '  wasm: tfjs-core 4.22.0, node v20',
    );
  });
});

describe('reason of a failed process', () => {
  it('takes the message out of a stack', () => {
    const stack =
      "file.ts:3\n  throw new ZooError(\n\nZooError: Backend 'x' cannot be used:\n  x: no GPU\n    at f\n\nNode.js v20";
    expect(reasonIn(stack)).toBe("Backend 'x' cannot be used: x: no GPU");
    expect(reasonIn('Error [ERR_MODULE_NOT_FOUND]: Cannot find x\n    at f')).toBe('Cannot find x');
    expect(reasonIn("Traceback:\n  File\nModuleNotFoundError: No module named 'torch'\n")).toBe(
      "No module named 'torch'",
    );
  });

  it('falls back on the last line, and on nothing', () => {
    expect(reasonIn('one\nKilled\n')).toBe('Killed');
    expect(reasonIn('\n')).toBeUndefined();
  });
});
