import type { TransformDescription } from '@zoo/transforms/pipeline';

/** A file's bytes: a path or `file:` URL in Node, any URL in browsers; or what holds the bytes. */
export type PlainSource = string | Blob | Uint8Array;

/** How every example of a dataset is made, as data that a worker can rebuild. */
export interface Recipe {
  /** Unlike for any two recipes of a process, so that a worker need build each only once. */
  id: number;
  transform: TransformDescription;
  inputShape: readonly [height: number, width: number, channels: number];
  channels: 1 | 3;
  maxPixels?: number;
  seed: number;
  /** Present where targets are masks. */
  mask?: { colors?: readonly (readonly [number, number, number])[]; fill: number };
}

/** An error as plain data: classes do not cross threads. */
export interface PlainError {
  /** Whose fault it is: the file's, or that of what was done to its image. */
  of: 'file' | 'transform';
  code: string;
  message: string;
  /** What was thrown. */
  cause?: { name: string; message: string; stack?: string };
}

/** One example to make. */
export interface JobItem {
  name: string;
  /** Its number in the dataset, on which its random numbers depend. */
  index: number;
  source: PlainSource;
  mask?: PlainSource;
  /** Why its bytes could not be had. */
  failed?: PlainError;
}

/** Examples for neighbouring places of one batch. */
export interface Job {
  recipe: Recipe;
  epoch: number;
  items: readonly JobItem[];
  /** Place in the batch of the first item. */
  first: number;
  /** Memory of the whole batch, if it is shared; otherwise the result carries the values. */
  slot?: { inputs: SharedArrayBuffer; masks?: SharedArrayBuffer };
}

export interface Failure extends PlainError {
  /** Position among the job's items. */
  position: number;
}

export interface JobResult {
  failures: readonly Failure[];
  inputs?: Float32Array;
  masks?: Int32Array;
}

/** Threads that run jobs, at most as many at a time as there are threads, in the order in which they come. */
export interface WorkerPool {
  /** Rejects where the thread breaks, or the pool is closed. */
  run(job: Job): Promise<JobResult>;
  close(): Promise<void>;
}
