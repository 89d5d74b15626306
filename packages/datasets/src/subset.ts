import { type Batch, createRng, ZooError } from '@zoo/core';
import type { Dataset, DatasetDescription } from './dataset.ts';

const invalid = (message: string): ZooError => new ZooError('INVALID_ARGUMENT', message);

/** FNV-1a over the indices: tells two selections apart where the list itself would be too long to record. */
function fingerprint(indices: Uint32Array): string {
  let hash = 0x811c9dc5;
  for (const index of indices) {
    for (let shift = 0; shift < 32; shift += 8) hash = Math.imul(hash ^ ((index >>> shift) & 255), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}

class Subset implements Dataset {
  readonly classNames?: readonly string[];
  readonly labels?: Int32Array;
  private readonly source: Dataset;
  private readonly indices: Uint32Array;

  constructor(source: Dataset, indices: Uint32Array) {
    this.source = source;
    this.indices = indices;
    if (source.classNames) this.classNames = source.classNames;
    if (source.labels) this.labels = Int32Array.from(indices, (i) => source.labels![i]!);
  }

  get length(): number {
    return this.indices.length;
  }

  get inputShape(): readonly number[] {
    return this.source.inputShape;
  }

  batch(indices: ArrayLike<number>): Batch | Promise<Batch> {
    const mapped = Array.from(indices, (i) => {
      const index = this.indices[i];
      if (index === undefined) throw invalid(`There is no example ${i} in this subset of ${this.length}.`);
      return index;
    });
    return this.source.batch(mapped);
  }

  describe(): DatasetDescription {
    const of = this.source.describe();
    return {
      name: `${of.name} (subset)`,
      length: this.length,
      inputShape: this.inputShape,
      selection: fingerprint(this.indices),
      of,
    };
  }
}

/** The examples of `dataset` at `indices`, in that order; nothing is copied. Throws `INVALID_ARGUMENT` out of range. */
export function subset(dataset: Dataset, indices: ArrayLike<number>): Dataset {
  const wrong = Array.from(indices).find((i) => !Number.isInteger(i) || i < 0 || i >= dataset.length);
  if (wrong !== undefined) {
    throw invalid(`A subset of ${dataset.length} examples cannot hold example ${wrong}.`);
  }
  return new Subset(dataset, Uint32Array.from(indices));
}

/** Whole numbers that add up to `total`; the remainder of rounding goes to the first parts, as PyTorch's `random_split`. */
function counts(parts: readonly number[], total: number): number[] {
  const sum = parts.reduce((a, b) => a + b, 0);
  if (parts.length > 0 && parts.every((p) => Number.isInteger(p) && p >= 0) && sum === total) return [...parts];
  if (parts.length === 0 || !parts.every((p) => p >= 0 && p <= 1) || Math.abs(sum - 1) > 1e-6) {
    throw invalid(
      `split needs counts that add up to ${total} or fractions that add up to 1, got [${parts.join(', ')}].`,
    );
  }
  const floors = parts.map((p) => Math.floor(p * total + 1e-6));
  const rest = total - floors.reduce((a, b) => a + b, 0);
  return floors.map((n, i) => n + Math.floor(rest / parts.length) + (i < rest % parts.length ? 1 : 0));
}

/**
 * Divides `dataset` at random into parts of the given counts or fractions, e.g. `[0.9, 0.1]`; the same seed gives the same
 * parts. Throws `INVALID_ARGUMENT` when they do not add up.
 */
export function split(dataset: Dataset, parts: readonly number[], { seed = 0 }: { seed?: number } = {}): Dataset[] {
  const order = createRng(seed).permutation(dataset.length);
  let start = 0;
  return counts(parts, dataset.length).map((n) => {
    const part = subset(dataset, order.subarray(start, start + n));
    start += n;
    return part;
  });
}
