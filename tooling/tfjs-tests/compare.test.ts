import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compareWithBaseline, compareWithLists } from './compare.ts';
import { asInPyTorch, groupByReason } from './reasons.ts';
import type { Baseline, Expected } from './results.ts';

const stock: Baseline = { passed: 8, skipped: 1, failed: ['a', 'b'] };
const good: Baseline = { passed: 9, skipped: 1, failed: ['a'] };

describe('a run of our backend', () => {
  it('is as it should be when it fails what the list names', () => {
    expect(compareWithLists(good, stock, { 'no such kernel': ['a'] })).toEqual([]);
  });

  it('is refused for a failure that is not listed', () => {
    expect(compareWithLists({ ...good, failed: ['a', 'b'] }, stock, { r: ['a'] })).toEqual([
      'fail and are not in the list (1):\n    b',
    ]);
  });

  it('is refused for a failure that the stock backend does not have, listed or not', () => {
    expect(compareWithLists({ ...good, failed: ['a', 'c'] }, stock, { r: ['a', 'c'] })).toEqual([
      'fail here and pass with the stock backend (1):\n    c',
    ]);
  });

  it('may fail where PyTorch does otherwise than the spec', () => {
    expect(compareWithLists({ ...good, failed: ['a', 'c'] }, stock, { r: ['a'], [asInPyTorch]: ['c'] })).toEqual([]);
  });

  it('is refused when a listed failure passes', () => {
    expect(compareWithLists({ ...good, failed: [], passed: 10 }, stock, { r: ['a'] })).toEqual([
      'are in the list and pass: take them out (1):\n    a',
    ]);
  });

  it('is refused when fewer specs ran', () => {
    expect(compareWithLists({ ...good, passed: 5 }, stock, { r: ['a'] })).toEqual([
      '6 specs ran, 10 do with the stock backend',
    ]);
  });

  it('is refused when a spec is listed under two reasons', () => {
    expect(compareWithLists(good, stock, { r: ['a'], s: ['a'] })).toEqual(['are listed twice (1):\n    a']);
  });
});

it('a run of the stock backend is compared both ways', () => {
  expect(compareWithBaseline(stock, stock)).toEqual([]);
  expect(compareWithBaseline({ passed: 9, skipped: 1, failed: ['c'] }, stock)).toEqual([
    '9 passed, the baseline has 8',
    'fail and are not in the baseline (1):\n    c',
    'are in the baseline and pass (2):\n    a\n    b',
  ]);
});

it('a failure without a reason stays out of the list', () => {
  const failure = (name: string, message: string) => ({ name, status: 'failed' as const, messages: [message] });
  const results = [failure('fft wasm {} x', "Kernel 'FFT' not registered"), failure('add wasm {} y', '1 is not 2')];
  const { expected, unexplained } = groupByReason(results, {});
  expect(Object.values(expected)).toEqual([['fft wasm {} x']]);
  expect(unexplained.map(({ name }) => name)).toEqual(['add wasm {} y']);
});

it('every listed failure is one of the stock backend, but for what PyTorch does otherwise', () => {
  const here = dirname(fileURLToPath(import.meta.url));
  const read = (file: string): unknown => JSON.parse(readFileSync(join(here, file), 'utf8'));
  for (const file of readdirSync(join(here, 'expected'))) {
    const { failed } = read(`stock/${file}`) as Baseline;
    const { [asInPyTorch]: _, ...expected } = read(`expected/${file}`) as Expected;
    for (const names of Object.values(expected)) expect(failed).toEqual(expect.arrayContaining(names));
  }
});
