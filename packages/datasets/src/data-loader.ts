import { type Batch, type BatchSource, createRng, ZooError } from '@zoo/core';
import type { Dataset } from './dataset.ts';
import type { NamedDataset } from './name-list.ts';
import { BatchWorkers, imagesPerJob, type Prepared } from './workers/batch-workers.ts';
import { lateError } from './workers/errors.ts';
import { Watchdog } from './workers/watchdog.ts';

export interface DataLoaderOptions {
  /** 1 unless given. */
  batchSize?: number;
  /** A new order every epoch, from `seed` and the epoch's number alone. */
  shuffle?: boolean;
  seed?: number;
  /** Leaves out a last batch that would be smaller. */
  dropLast?: boolean;
  /**
   * Threads that decode and transform images: Node's worker threads, or web workers. 0 (default): this thread does it.
   * The batches are the same for any number. Needs an `ImageDataset`, or a subset of one.
   */
  workers?: number;
  /**
   * How many batches to prepare ahead of the one in use; 0 unless there are workers, then enough to keep them busy.
   */
  prefetch?: number;
  /**
   * Seconds that up to 16 images may take; then the loop ends with `INTERRUPTED`, which names them, and the workers are
   * ended. 300 unless given; 0: for ever.
   */
  timeout?: number;
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
  private readonly timeout: number;
  private readonly jobs: BatchWorkers | undefined;
  private nextEpoch = 0;

  constructor(dataset: Dataset, options: DataLoaderOptions = {}) {
    const { batchSize = 1, shuffle = false, seed = 0, dropLast = false, workers = 0, timeout = 300 } = options;
    if (!(timeout >= 0))
      throw new ZooError('INVALID_ARGUMENT', `timeout is a number of seconds from 0, got ${timeout}.`);
    this.timeout = timeout;
    this.dataset = dataset;
    this.batchSize = wholeNumber('batchSize', batchSize, 1);
    this.jobs =
      wholeNumber('workers', workers, 0) > 0 ? new BatchWorkers(dataset, { workers, batchSize, timeout }) : undefined;
    this.prefetch = wholeNumber('prefetch', options.prefetch ?? this.jobs?.prefetch ?? 0, 0);
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
    return { [Symbol.asyncIterator]: () => this.batches(epoch, start) };
  }

  [Symbol.asyncIterator](): AsyncIterator<Batch> {
    return this.batches(this.nextEpoch++, 0);
  }

  /** Ends the workers; a later epoch starts new ones. Idle workers do not keep a process alive, but hold memory. */
  async close(): Promise<void> {
    await this.jobs?.close();
  }

  private async *batches(epoch: number, start: number): AsyncGenerator<Batch, void> {
    const order = this.order(epoch);
    const queue: Promise<Prepared>[] = [];
    let next = start;
    try {
      while (true) {
        while (next < this.numBatches && queue.length <= this.prefetch) queue.push(this.load(order, next++, epoch));
        const first = queue.shift();
        if (!first) return;
        const batch = (await first).take();
        if (batch.inputs.shape[0] !== 0) yield batch;
        else disposeBatch(batch); // all its files were left out
      }
    } finally {
      for (const left of await Promise.allSettled(queue)) {
        if (left.status === 'fulfilled') left.value.discard();
      }
    }
  }

  private load(order: Uint32Array, number: number, epoch: number): Promise<Prepared> {
    const indices = order.subarray(number * this.batchSize, (number + 1) * this.batchSize);
    const prepared = this.jobs ? this.jobs.prepare(indices, epoch) : this.prepareHere(indices, epoch);
    prepared.catch(() => {}); // it is reported when its turn comes; until then it must not count as unhandled
    return prepared;
  }

  private async prepareHere(indices: Uint32Array, epoch: number): Promise<Prepared> {
    await undefined;
    const made = this.dataset.batch(indices, { epoch });
    const batch = made instanceof Promise ? await this.inTime(made, indices) : made;
    return { take: () => batch, discard: () => disposeBatch(batch) };
  }

  /** A batch that comes too late is disposed. */
  private async inTime(made: Promise<Batch>, indices: Uint32Array): Promise<Batch> {
    const seconds = this.timeout * Math.ceil(indices.length / imagesPerJob);
    let late = false;
    made.then(
      (batch) => late && disposeBatch(batch),
      () => {},
    );
    const watchdog = new Watchdog<Uint32Array>(seconds, () => {
      late = true;
      return lateError(seconds, exampleNames(this.dataset, indices), '');
    });
    return watchdog.watch(indices, made);
  }
}

function exampleNames(dataset: Dataset, indices: Uint32Array): string[] {
  const { dataset: source, indices: own } = dataset.locate?.(indices) ?? { dataset, indices };
  const { items } = source as Partial<NamedDataset>;
  return Array.from(own, (index) => items?.[index]?.name ?? `example ${index}`);
}
