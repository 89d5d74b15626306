import { describe, expect, it } from 'vitest';
import { relativeError } from '../suite/agreement.ts';
import { ratios } from '../suite/ratios.ts';
import { statistics } from '../suite/statistics.ts';

describe('statistics', () => {
  it('interpolates as NumPy does', () => {
    // numpy.quantile([7, 1, 3, 10], [0, .25, .5, .75, 1])
    expect(statistics([7, 1, 3, 10])).toEqual({ min: 1, q1: 2.5, median: 5, q3: 7.75, max: 10 });
    expect(statistics([3, 1, 2])!.median).toBe(2);
  });

  it('takes a single number for all of them, and makes none up out of nothing', () => {
    expect(statistics([4])).toEqual({ min: 4, q1: 4, median: 4, q3: 4, max: 4 });
    expect(statistics([])).toBeUndefined();
  });

  it('leaves its input as it was', () => {
    const numbers = [3, 1, 2];
    statistics(numbers);
    expect(numbers).toEqual([3, 1, 2]);
  });
});

describe('relativeError', () => {
  const expected = Float32Array.of(3, 4);

  it('is the L2 norm of the difference over that of what is expected', () => {
    expect(relativeError(expected, expected)).toBe(0);
    expect(relativeError(Float32Array.of(3, 4.5), expected)).toBeCloseTo(0.1, 6);
  });

  it.each([
    ['another length', Float32Array.of(3)],
    ['NaN', Float32Array.of(3, Number.NaN)],
    ['infinity', Float32Array.of(3, Number.POSITIVE_INFINITY)],
  ])('is infinite for %s', (_, actual) => {
    expect(relativeError(actual, expected)).toBe(Number.POSITIVE_INFINITY);
  });

  it('is infinite where nothing was written', () => {
    expect(relativeError(new Float32Array(), new Float32Array())).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('ratios', () => {
  const row = (engine: string, wall: number[], cpu: number[], peakMB: number) => ({
    engine,
    wallMs: statistics(wall)!,
    cpuMs: statistics(cpu)!,
    peakMB,
  });

  it('divides medians of the time and minima of the CPU time', () => {
    const pytorch = row('pytorch', [10, 20, 90], [8, 9, 10], 100);
    const wasm = row('wasm', [50, 60, 70], [48, 40, 56], 150);
    expect(ratios(wasm, [pytorch, wasm])).toEqual({
      ratio: { pytorch: 3 },
      cpuRatio: { pytorch: 5 },
      peakRatio: { pytorch: 1.5 },
    });
  });

  it('gives none against a peer that did not run, and none of a peer against itself', () => {
    const wasm = row('wasm', [1], [1], 1);
    const none = { ratio: {}, cpuRatio: {}, peakRatio: {} };
    expect(ratios(wasm, [{ engine: 'pytorch' }, wasm])).toEqual(none);
    expect(ratios({ engine: 'wasm' }, [row('pytorch', [1], [1], 1)])).toEqual(none);
    const pytorch = row('pytorch', [1], [1], 1);
    expect(ratios(pytorch, [pytorch])).toEqual(none);
  });
});
