import { type Batch, ZooError } from '@zoo/core';
import type { Dataset } from '@zoo/datasets';

/** The numbers that the data set at the bottom of subsets gives the examples of `dataset`. */
function innermost(dataset: Dataset, start: number): ArrayLike<number> {
  let indices: ArrayLike<number> = Uint32Array.from({ length: dataset.length - start }, (_, i) => start + i);
  for (let at = dataset; at.locate; ) {
    const located = at.locate(indices);
    at = located.dataset;
    indices = located.indices;
  }
  return indices;
}

/**
 * Tells which examples the batches of a data set, read in order from example `start`, hold. A data set that leaves bad
 * files out says so by its batches' `indices`, in the numbering of the data set that its subsets come from.
 */
export class ExampleNumbers {
  readonly #dataset: Dataset;
  readonly #start: number;
  #next = 0;
  #inner: ArrayLike<number> | undefined;

  constructor(dataset: Dataset, start: number) {
    this.#dataset = dataset;
    this.#start = start;
  }

  of(batch: Batch & { indices?: ArrayLike<number> }, rows: number): Uint32Array {
    const { indices } = batch;
    if (!indices) return Uint32Array.from({ length: rows }, () => this.#start + this.#next++);
    this.#inner ??= innermost(this.#dataset, this.#start);
    return Uint32Array.from(indices, (index) => {
      while (this.#inner![this.#next] !== index) {
        if (++this.#next > this.#inner!.length)
          throw new ZooError('INVALID_ARGUMENT', `The data set gave example ${index}, which it was not asked for.`);
      }
      return this.#start + this.#next++;
    });
  }
}
