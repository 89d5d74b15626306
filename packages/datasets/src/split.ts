import { createRng, type Rng, ZooError } from '@zoo/core';
import type { Dataset } from './dataset.ts';
import { subset } from './subset.ts';

const invalid = (message: string): ZooError => new ZooError('INVALID_ARGUMENT', message);

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

/** Takes from each class its share for every part; what rounding leaves over goes to the part that lacks most. */
function stratified(labels: Int32Array, sizes: readonly number[], rng: Rng): number[][] {
  const byClass = new Map<number, number[]>();
  for (const index of rng.permutation(labels.length)) {
    const label = labels[index]!;
    byClass.set(label, byClass.get(label) ?? []);
    byClass.get(label)!.push(index);
  }
  const parts = sizes.map((): number[] => []);
  for (const label of [...byClass.keys()].sort((a, b) => a - b)) {
    const examples = byClass.get(label)!;
    const shares = sizes.map((size) => (size / labels.length) * examples.length);
    const take = shares.map((share) => Math.floor(share + 1e-6));
    const lack = (i: number): number => Math.min(shares[i]! - take[i]!, sizes[i]! - parts[i]!.length - take[i]!);
    for (let rest = examples.length - take.reduce((a, b) => a + b, 0); rest > 0; rest--) {
      take[take.reduce((most, _, i) => (lack(i) > lack(most) ? i : most), 0)]!++;
    }
    for (const [i, n] of take.entries()) parts[i]!.push(...examples.splice(0, n));
  }
  // A part would otherwise hold its classes one after the other.
  return parts.map((part) => Array.from(rng.permutation(part.length), (i) => part[i]!));
}

export interface SplitOptions {
  seed?: number;
  /** Divides every class in these proportions; part sizes may then differ by a few examples from those asked for. */
  stratify?: boolean;
}

/**
 * Divides `dataset` at random into parts of the given counts or fractions, e.g. `[0.9, 0.1]`; the same seed gives the same
 * parts. Throws `INVALID_ARGUMENT` when they do not add up, or for `stratify` without class labels.
 */
export function split(dataset: Dataset, parts: readonly number[], options: SplitOptions = {}): Dataset[] {
  const { seed = 0, stratify = false } = options;
  const sizes = counts(parts, dataset.length);
  const rng = createRng(seed);
  if (stratify) {
    if (!dataset.labels) throw invalid('split can stratify a dataset with class labels only.');
    return stratified(dataset.labels, sizes, rng).map((indices) => subset(dataset, indices));
  }
  const order = rng.permutation(dataset.length);
  let start = 0;
  return sizes.map((n) => {
    const part = subset(dataset, order.subarray(start, start + n));
    start += n;
    return part;
  });
}
