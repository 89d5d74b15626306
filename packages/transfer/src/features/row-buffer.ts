import { numElements } from '@zoo/core';
import type { FeatureBatch } from './feature-rows.ts';

/** Features and targets of up to `capacity` examples, filled batch by batch. */
export class RowBuffer {
  readonly capacity: number;
  readonly widths: readonly number[];
  readonly targetShape: readonly number[];
  readonly #features: Float32Array[];
  readonly #targets: Int32Array | Float32Array;
  readonly #examples: Uint32Array;
  #rows = 0;

  /** Sized for batches like `first`. */
  constructor(capacity: number, first: FeatureBatch) {
    this.capacity = capacity;
    this.widths = first.features.map((values) => values.length / first.examples.length);
    this.targetShape = first.targetShape;
    this.#features = this.widths.map((width) => new Float32Array(capacity * width));
    const targets = capacity * numElements(this.targetShape);
    this.#targets = first.targets instanceof Int32Array ? new Int32Array(targets) : new Float32Array(targets);
    this.#examples = new Uint32Array(capacity);
  }

  get rows(): number {
    return this.#rows;
  }

  /** Adds the rows `[from, to)` of a batch. */
  add(batch: FeatureBatch, from = 0, to = batch.examples.length): void {
    this.#features.forEach((values, i) => {
      const width = this.widths[i]!;
      values.set(batch.features[i]!.subarray(from * width, to * width), this.#rows * width);
    });
    const size = numElements(this.targetShape);
    this.#targets.set(batch.targets.subarray(from * size, to * size), this.#rows * size);
    this.#examples.set(batch.examples.subarray(from, to), this.#rows);
    this.#rows += to - from;
  }

  clear(): void {
    this.#rows = 0;
  }

  /** What is in it, as views. */
  contents(): { features: Float32Array[]; targets: Int32Array | Float32Array; examples: Uint32Array } {
    return {
      features: this.#features.map((values, i) => values.subarray(0, this.#rows * this.widths[i]!)),
      targets: this.#targets.subarray(0, this.#rows * numElements(this.targetShape)),
      examples: this.#examples.subarray(0, this.#rows),
    };
  }
}
