import { fillUniform } from './fill.ts';

/** Relative L2 error of `actual` against `expected`. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < expected.length; i++) {
    difference += (actual[i]! - expected[i]!) ** 2;
    norm += expected[i]! ** 2;
  }
  if (Number.isNaN(difference)) return Number.POSITIVE_INFINITY;
  return norm === 0 ? Math.sqrt(difference) : Math.sqrt(difference / norm);
}

/**
 * The error a float32 implementation is allowed: 1e-4, less where the case hardly reacts to its input, never below four
 * times what PyTorch's own float32 loses on it.
 */
export const tolerance = (sensitivity = 1, noise = 0): number =>
  Math.max(1e-4 * Math.min(1, 10 * sensitivity), 4 * noise);

/** What a golden file keeps of one gradient. */
export interface GradientRecord {
  l2: number;
  /** Dot product with `fillUniform(name)` over all entries in PyTorch's order. */
  dot: number;
  head: number[];
  /** 32 entries at `floor(fillUniform(name + '/samples') * n)`. */
  samples: number[];
  noise: number;
}

/**
 * Error of a gradient (PyTorch's order) against its record: the worst of norm, dot product and sampled entries, each
 * relative to what float32 rounding can move it by. 0 for a gradient that vanishes beside `largest`, the largest
 * gradient norm of the case: it is zero but for rounding.
 */
export function gradientError(
  name: string,
  gradient: ArrayLike<number>,
  record: GradientRecord,
  largest: number,
): number {
  const n = gradient.length;
  const weights = fillUniform(name, n);
  let squares = 0;
  let dot = 0;
  let weightSquares = 0;
  for (let i = 0; i < n; i++) {
    squares += gradient[i]! ** 2;
    dot += gradient[i]! * weights[i]!;
    weightSquares += weights[i]! ** 2;
  }
  const l2 = Math.sqrt(squares);
  if (Number.isNaN(l2)) return Number.POSITIVE_INFINITY;
  if (Math.max(l2, record.l2) < 1e-6 * largest) return 0;
  const at = Array.from(fillUniform(`${name}/samples`, record.samples.length), (u) => Math.floor(u * n));
  const picked = [...record.head.map((_, i) => gradient[i]!), ...at.map((i) => gradient[i]!)];
  const expected = [...record.head, ...record.samples];
  // Sampled entries can be small beside the whole gradient: their share of its norm is the yardstick.
  const share = Math.sqrt(expected.length / Math.max(n, expected.length)) * record.l2;
  const pickedError = Math.sqrt(picked.reduce((sum, g, i) => sum + (g - expected[i]!) ** 2, 0));
  const pickedNorm = Math.sqrt(expected.reduce((sum, g) => sum + g * g, 0));
  return Math.max(
    Math.abs(l2 - record.l2) / record.l2,
    Math.abs(dot - record.dot) / (record.l2 * Math.sqrt(weightSquares)),
    pickedError / Math.max(pickedNorm, share),
  );
}
