import { type Batch, ZooError } from '@zoo/core';
import type { BatchOptions, Dataset, DatasetDescription, Located } from './dataset.ts';

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

  private sourceIndices(indices: ArrayLike<number>): Uint32Array {
    return Uint32Array.from(indices, (i) => {
      const index = this.indices[i];
      if (index === undefined) throw invalid(`There is no example ${i} in this subset of ${this.length}.`);
      return index;
    });
  }

  batch(indices: ArrayLike<number>, options?: BatchOptions): Batch | Promise<Batch> {
    return this.source.batch(this.sourceIndices(indices), options);
  }

  locate(indices: ArrayLike<number>): Located {
    const own = this.sourceIndices(indices);
    return this.source.locate?.(own) ?? { dataset: this.source, indices: own };
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
