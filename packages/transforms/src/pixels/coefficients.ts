import { type Filter, filters, type Interpolation } from './filters.ts';

/** Bits after the point of a weight: 8 for the result and 2 for overshoot are left of 32. */
export const precisionBits = 22;

/** For each output pixel along one axis, which source pixels it sums and with which fixed-point weights. */
export interface Coefficients {
  /** First source pixel of each output pixel. */
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  /** `taps` weights for each output pixel, of which the first `counts[i]` are used. */
  readonly weights: Int32Array;
  readonly taps: number;
}

export interface CoefficientOptions {
  inSize: number;
  /** Size of the whole resized axis. */
  outSize: number;
  interpolation: Exclude<Interpolation, 'nearest'>;
  /** The output pixels wanted: `from` up to, not including, `to`. */
  from: number;
  to: number;
}

function compute({ inSize, outSize, from, to }: CoefficientOptions, filter: Filter): Coefficients {
  const scale = inSize / outSize;
  const filterScale = Math.max(scale, 1);
  const support = filter.support * filterScale;
  const inverse = 1 / filterScale;
  const taps = Math.ceil(support) * 2 + 1;
  const length = to - from;
  const starts = new Int32Array(length);
  const counts = new Int32Array(length);
  const weights = new Int32Array(length * taps);
  const exact = new Float64Array(taps);
  for (let i = 0; i < length; i++) {
    const center = (from + i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - support + 0.5));
    const count = Math.min(inSize, Math.trunc(center + support + 0.5)) - start;
    let sum = 0;
    for (let k = 0; k < count; k++) {
      const weight = filter.weigh((k + start - center + 0.5) * inverse);
      exact[k] = weight;
      sum += weight;
    }
    for (let k = 0; k < count; k++) {
      const weight = sum === 0 ? exact[k]! : exact[k]! / sum;
      weights[i * taps + k] = Math.trunc(weight * 2 ** precisionBits + (weight < 0 ? -0.5 : 0.5));
    }
    starts[i] = start;
    counts[i] = count;
  }
  return withFourTaps({ starts, counts, weights, taps }, inSize);
}

/**
 * The same sums over exactly four source pixels where four are enough (up to a scale of about 1.5), with weights of 0
 * for those too many: the loops over them can then be written out.
 */
function withFourTaps({ starts, counts, weights, taps }: Coefficients, inSize: number): Coefficients {
  if (inSize < 4 || counts.some((count) => count > 4)) return { starts, counts, weights, taps };
  const shifted = starts.map((start) => Math.min(start, inSize - 4));
  const four = new Int32Array(starts.length * 4);
  for (let i = 0; i < starts.length; i++) {
    const shift = starts[i]! - shifted[i]!;
    for (let k = 0; k < counts[i]!; k++) four[i * 4 + shift + k] = weights[i * taps + k]!;
  }
  return { starts: shifted, counts: counts.map(() => 4), weights: four, taps: 4 };
}

const cache = new Map<string, Coefficients>();
const cacheLimit = 32;

/** The weights of PIL's antialiased resampling for a part of one axis; the last few are kept. */
export function coefficients(options: CoefficientOptions): Coefficients {
  const { inSize, outSize, interpolation, from, to } = options;
  const key = `${inSize} ${outSize} ${interpolation} ${from} ${to}`;
  const known = cache.get(key);
  if (known) return known;
  const result = compute(options, filters[interpolation]);
  if (cache.size >= cacheLimit) cache.delete(cache.keys().next().value!);
  cache.set(key, result);
  return result;
}
