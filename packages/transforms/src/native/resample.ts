import type { Coefficients } from '../pixels/coefficients.ts';
import { Kernels } from './kernels.ts';
import { kernels as code } from './resample-binary.ts';

interface Resampler {
  horizontal_rgb(
    data: number,
    out: number,
    rows: number,
    rowBytes: number,
    width: number,
    starts: number,
    low: number,
    high: number,
    taps: number,
  ): void;
  horizontal_gray(
    data: number,
    out: number,
    rows: number,
    rowBytes: number,
    width: number,
    starts: number,
    weights: number,
    taps: number,
  ): void;
  vertical(
    data: number,
    out: number,
    height: number,
    stride: number,
    length: number,
    starts: number,
    low: number,
    high: number,
    taps: number,
  ): void;
  normalize_rgb(data: number, out: number, length: number, means: number, deviations: number): void;
}

let loaded: Kernels<Resampler> | undefined | null = null;

function resampler(): Kernels<Resampler> | undefined {
  if (loaded === null) loaded = Kernels.load<Resampler>(code);
  return loaded;
}

/** Weights in two halves of 16 bits, over an even number of taps. */
interface Halves {
  low: Int16Array;
  high: Int16Array;
  taps: number;
}

const halves = new WeakMap<Coefficients, Halves>();

function halvesOf(c: Coefficients): Halves {
  const known = halves.get(c);
  if (known) return known;
  const taps = c.taps + (c.taps % 2);
  const low = new Int16Array(c.starts.length * taps);
  const high = new Int16Array(low.length);
  for (let i = 0; i < c.starts.length; i++) {
    for (let k = 0; k < c.counts[i]!; k++) {
      const weight = c.weights[i * c.taps + k]!;
      const at = i * taps + k;
      low[at] = weight;
      high[at] = (weight - low[at]!) >> 16;
    }
  }
  const result = { low, high, taps };
  halves.set(c, result);
  return result;
}

/** Source pixels that are read for nothing behind the last one, since weights of 0 fill the taps up. */
const slackOf = (c: Coefficients, stride: number): number => (c.taps + 2) * stride + 32;

export interface ResamplePlan {
  /** Rows that the result depends on, one after the other. */
  data: Uint8Array;
  rows: number;
  rowBytes: number;
  channels: 1 | 3;
  /** Absent where the width stays: then the result has `width` pixels from byte `offset` of every row. */
  columns?: Coefficients;
  offset: number;
  width: number;
  /** Absent where the height stays. Row numbers are those of `data`, from `firstRow`. */
  lines?: Coefficients;
  firstRow: number;
}

/** The memory of a module never shrinks, so no more than this many bytes go through it. */
const largest = 2 ** 26;

/** Both passes; undefined where they have to be done in JavaScript. */
export function resample(plan: ResamplePlan): Uint8Array<ArrayBuffer> | undefined {
  if (plan.data.length > largest) return undefined;
  const kernels = resampler();
  if (!kernels) return undefined;
  const { data, rows, rowBytes, channels, columns, lines, width, firstRow } = plan;
  kernels.reset();
  const slack = Math.max(columns ? slackOf(columns, channels) : 0, lines ? slackOf(lines, rowBytes) : 0);
  let source = kernels.copy(data, slack) + plan.offset;
  let stride = rowBytes;
  let height = rows;
  if (columns) {
    const starts = kernels.copy(channels === 3 ? columns.starts.map((start) => start * 3) : columns.starts);
    stride = width * channels;
    const { low, high, taps } = halvesOf(columns);
    const out = kernels.allocate(rows * stride + (lines ? slackOf(lines, stride) : 16));
    if (channels === 3) {
      const [l, h] = [kernels.copy(low), kernels.copy(high)];
      kernels.run.horizontal_rgb(source, out, rows, rowBytes, width, starts, l, h, taps);
    } else {
      const weights = kernels.copy(columns.weights);
      kernels.run.horizontal_gray(source, out, rows, rowBytes, width, starts, weights, columns.taps);
    }
    source = out;
  }
  const length = width * channels;
  if (lines) {
    height = lines.starts.length;
    const starts = kernels.copy(lines.starts.map((start) => start - firstRow));
    const { low, high, taps } = halvesOf(lines);
    const [l, h] = [kernels.copy(low), kernels.copy(high)];
    const out = kernels.allocate(height * length + 16);
    kernels.run.vertical(source, out, height, stride, length, starts, l, h, taps);
    source = out;
  }
  return kernels.bytes(source, height * length).slice() as Uint8Array<ArrayBuffer>;
}

/** RGB bytes normalized into `out`; false where it has to be done in JavaScript. */
export function normalizeRgb(
  data: Uint8Array,
  { mean, std, out }: { mean: readonly number[]; std: readonly number[]; out: Float32Array },
): boolean {
  const kernels = data.length > largest ? undefined : resampler();
  if (!kernels) return false;
  kernels.reset();
  const source = kernels.copy(data, 32);
  const repeated = (values: readonly number[]) => kernels.copy(new Float32Array([1, 2, 3, 4].flatMap(() => values)));
  const [means, deviations] = [repeated(mean), repeated(std)];
  const target = kernels.allocate(data.length * 4 + 64);
  kernels.run.normalize_rgb(source, target, data.length, means, deviations);
  out.set(kernels.floats(target, data.length));
  return true;
}
