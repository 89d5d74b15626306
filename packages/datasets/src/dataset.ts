import type { Batch } from '@zoo/core';

/** What a dataset is, as plain JSON: to print, and to record beside the results got with it. */
export interface DatasetDescription {
  name: string;
  length: number;
  inputShape: readonly number[];
  [detail: string]: unknown;
}

export interface BatchOptions {
  /** Random transforms draw anew in every epoch; 0 unless given. */
  epoch?: number;
}

export interface FingerprintOptions {
  /** Read files whole; by default their size and 4 KB each from begin, middle and end. */
  whole?: boolean;
}

/** Where the examples of a dataset that only renumbers another's come from. */
export interface Located {
  dataset: Dataset;
  indices: Uint32Array;
}

/** Examples that can be read in any order. `DataLoader`, the trainer and the tools need nothing else. */
export interface Dataset {
  readonly length: number;
  /** Shape of one example: `[height, width, channels]` for images. */
  readonly inputShape: readonly number[];
  /** Class names by label; absent for regression. */
  readonly classNames?: readonly string[];
  /** The class of every example; absent for regression. */
  readonly labels?: Int32Array;
  /**
   * The examples of `indices` in that order, new tensors that the caller disposes: inputs `[n, ...inputShape]` float32
   * (images NHWC), targets `[n]` int32 labels, `[n, height, width]` int32 class indices of pixels (255: to be ignored), or
   * float32. Throws `INVALID_ARGUMENT` for an index out of range.
   */
  batch(indices: ArrayLike<number>, options?: BatchOptions): Batch | Promise<Batch>;
  /** Only of a dataset that renumbers another's examples and leaves them as they are, such as a subset. */
  locate?(indices: ArrayLike<number>): Located;
  describe(): DatasetDescription;
  /**
   * A hash of what the examples of `indices` are made from, where `describe` cannot tell: results that were stored are good for
   * examples of the same hash alone.
   */
  fingerprint?(indices: ArrayLike<number>, options?: FingerprintOptions): Promise<string>;
}
