import { createRng } from '@zoo/core';

/** The first images of every class in turn, so that a few show all classes; in the data's own order. */
export function spread(labels: Int32Array, count: number): number[] {
  const seen = new Map<number, number>();
  const rank = Array.from(labels, (label) => {
    const n = seen.get(label) ?? 0;
    seen.set(label, n + 1);
    return n;
  });
  return Array.from(labels, (_, i) => i)
    .sort((a, b) => rank[a]! - rank[b]! || a - b)
    .slice(0, count)
    .sort((a, b) => a - b);
}

/** Indices of each class, in the order of `order`. */
function byClass(labels: Int32Array, order: Iterable<number>): Map<number, number[]> {
  const indices = new Map<number, number[]>();
  for (const i of order) {
    const own = indices.get(labels[i]!) ?? [];
    own.push(i);
    indices.set(labels[i]!, own);
  }
  return indices;
}

/**
 * The images of every class from share `range[0]` to share `range[1]`, in an order that the seed draws; parts that do not
 * overlap have no image in common. In the data's own order.
 */
export function partOf(
  labels: Int32Array,
  { range: [from, to], seed }: { range: readonly [number, number]; seed: number },
): number[] {
  const classes = byClass(labels, createRng(seed).permutation(labels.length));
  return [...classes.values()]
    .flatMap((indices) => indices.slice(Math.round(from * indices.length), Math.round(to * indices.length)))
    .sort((a, b) => a - b);
}
