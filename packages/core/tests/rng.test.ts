import { describe, expect, it } from 'vitest';
import { createRng, currentRng, manualSeed } from '../src/index.ts';

describe('rng', () => {
  it('gives xoshiro128** numbers', () => {
    // First outputs for the state [1, 2, 3, 4], computed from the published definition.
    const rng = createRng(0);
    rng.setState([1, 2, 3, 4]);
    const words = Array.from({ length: 4 }, () => Math.floor(rng.uniform() * 2 ** 24));
    expect(words).toEqual([11520, 0, 5927040, 70819200].map((word) => word >>> 8));
  });

  it('repeats under a seed and differs between seeds', () => {
    const draw = (seed: number) => Array.from({ length: 8 }, createRng(seed).uniform.bind(createRng(seed)));
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  it('is uniform and normal enough', () => {
    const rng = createRng(42);
    const n = 50_000;
    let [sum, normalSum, normalSquares] = [0, 0, 0];
    const bins = new Array<number>(10).fill(0);
    for (let i = 0; i < n; i++) {
      const u = rng.uniform();
      sum += u;
      bins[Math.floor(u * 10)]!++;
      const z = rng.normal();
      normalSum += z;
      normalSquares += z * z;
    }
    expect(sum / n).toBeCloseTo(0.5, 2);
    expect(normalSum / n).toBeCloseTo(0, 1);
    expect(normalSquares / n).toBeCloseTo(1, 1);
    const chiSquare = bins.reduce((total, count) => total + (count - n / 10) ** 2 / (n / 10), 0);
    expect(chiSquare).toBeLessThan(27.9); // 99.9 % of chi-square with 9 degrees of freedom
  });

  it('permutes without loss', () => {
    const order = createRng(5).permutation(100);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect([...order]).not.toEqual([...order].sort((a, b) => a - b));
  });

  it('continues from a saved state', () => {
    const rng = createRng(9);
    rng.normal();
    const state = rng.state();
    const expected = [rng.uniform(), rng.int(1000), rng.normal()];
    const other = createRng(0);
    other.setState(state);
    expect([other.uniform(), other.int(1000), other.normal()]).toEqual(expected);
  });

  it('splits into streams that differ', () => {
    const rng = createRng(3);
    const [a, b] = [rng.split(), rng.split()];
    expect(a.uniform()).not.toBe(b.uniform());
  });

  it('refuses bad seeds, states and ranges', () => {
    expect(() => createRng(-1)).toThrow(/between 0 and 4294967295/);
    expect(() => createRng(0.5)).toThrow(/between 0/);
    expect(() => createRng(1).setState([0, 0, 0, 0])).toThrow(/not all zero/);
    expect(() => createRng(1).int(0)).toThrow(/between 1/);
  });

  it('manualSeed restarts the default stream', () => {
    manualSeed(11);
    const first = currentRng().uniform();
    manualSeed(11);
    expect(currentRng().uniform()).toBe(first);
    manualSeed(0);
  });
});
