import { describe, expect, it } from 'vitest';
import { periodOf } from '../src/recording/period.ts';

const repeat = (list: number[], times: number): number[] => Array.from({ length: times }, () => list).flat();

describe('periodOf', () => {
  it('finds the shortest period of the end of a recording', () => {
    expect(periodOf(repeat([1, 2, 3], 4))).toBe(3);
    expect(periodOf([9, 8, ...repeat([1, 2, 1, 3], 5)])).toBe(4);
    expect(periodOf([...repeat([1, 2, 3], 6), 1])).toBe(3);
  });

  it('is not misled by calls that repeat by chance', () => {
    expect(periodOf([1, 2, 3, 4, 5, 6, 7, 7])).toBeUndefined();
    expect(periodOf([1, 2, 3, 4])).toBeUndefined();
    expect(periodOf([])).toBeUndefined();
  });
});
