import { type Batch, type BatchSource, createRng, ZooError } from '@zoo/core';
import type { Dataset } from './dataset.ts';

export interface DataLoaderOptions {
  /** 1 unless given. */
  batchSize?: number;
  /** A new order every epoch, from `seed` and the epoch's number alone. */
  shuffle?: boolean;
  seed?: number;
  /** Leaves out a last batch that would be smaller. */
  dropLast?: boolean;
  /** How many batches to prepare ahead of the one in use; pays for datasets that load or decode in the background. */
  prefetch?: number;
}

function wholeNumber(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new ZooError('INVALID_ARGUMENT', `${name} is a whole number from ${least}, got ${value}.`);
}

function disposeBatch({ inputs, targets }: Batch): void {
  inputs.dispose();
  targets.dispose();
}

/**
 * Batches of a dataset. Each batch belongs to whoever receives it: dispose its two tensors. Those prepared ahead are
 * disposed when the loop ends, by `break` or an error too.
 *
 * `for await (const batch of loader)` is one epoch, and the next such loop the next epoch. `epoch(n, { start })` gives any
 * epoch from any batch on, the same batches as the first time.
 */
export class DataLoader implements BatchSource, AsyncIterable<Batch> {
  readonly dataset: Dataset;
  readonly batchSize: number;
  readonly numBatches: number;
  /** Examples in one epoch, without those that `dropLast` leaves out. */
  readonly numExamples: number;
  private readonly shuffle: boolean;
  private readonly seed: number;
  private readonly prefetch: number;
  private nextEpoch = 0;

  constructor(dataset: Dataset, options: DataLoaderOptions = {}) {
    const { batchSize = 1, shuffle = false, seed = 0, dropLast = false, prefetch = 0 } = options;
    this.dataset = dataset;
    this.batchSize = wholeNumber('batchSize', batchSize, 1);
    this.prefetch = wholeNumber('prefetch', prefetch, 0);
    this.shuffle = shuffle;
    createRng(seed); // refuses a bad seed here rather than in the first epoch
    this.seed = seed;
    const { length } = dataset;
    this.numBatches = dropLast ? Math.floor(length / batchSize) : Math.ceil(length / batchSize);
    this.numExamples = Math.min(length, this.numBatches * batchSize);
  }

  /** Indices of the dataset in the order of epoch `epoch`. */
  order(epoch: number): Uint32Array {
    const { length } = this.dataset;
    if (!this.shuffle) return Uint32Array.from({ length }, (_, i) => i);
    const mixed = (this.seed ^ Math.imul(wholeNumber('epoch', epoch, 0) + 1, 0x9e3779b1)) >>> 0;
    return createRng(mixed).permutation(length);
  }

  epoch(epoch: number, { start = 0 }: { start?: number } = {}): AsyncIterable<Batch> {
    wholeNumber('epoch', epoch, 0);
    if (wholeNumber('start', start, 0) > this.numBatches) {
      throw new ZooError('INVALID_ARGUMENT', `start is ${start}, but an epoch has ${this.numBatches} batches.`);
    }
    return { [Symbol.asyncIterator]: () => this.batches(this.order(epoch), start) };
  }

  [Symbol.asyncIterator](): AsyncIterator<Batch> {
    return this.batches(this.order(this.nextEpoch++), 0);
  }

  private async *batches(order: Uint32Array, start: number): AsyncGenerator<Batch, void> {
    const queue: Promise<Batch>[] = [];
    let next = start;
    try {
      while (true) {
        while (next < this.numBatches && queue.length <= this.prefetch) queue.push(this.load(order, next++));
        const first = queue.shift();
        if (!first) return;
        yield await first;
      }
    } finally {
      for (const left of await Promise.allSettled(queue)) {
        if (left.status === 'fulfilled') disposeBatch(left.value);
      }
    }
  }

  private load(order: Uint32Array, number: number): Promise<Batch> {
    const indices = order.subarray(number * this.batchSize, (number + 1) * this.batchSize);
    const batch = Promise.resolve().then(() => this.dataset.batch(indices));
    batch.catch(() => {}); // it is reported when its turn comes; until then it must not count as unhandled
    return batch;
  }
}
