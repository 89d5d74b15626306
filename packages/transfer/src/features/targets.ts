import * as tf from '@tensorflow/tfjs-core';
import { numElements, ZooError } from '@zoo/core';

/** Targets of examples in order, on the host. */
export class TargetRows {
  /** Shape of one target. */
  readonly shape: readonly number[];
  readonly values: Int32Array | Float32Array;
  readonly #size: number;

  constructor(values: Int32Array | Float32Array, shape: readonly number[]) {
    this.values = values;
    this.shape = shape;
    this.#size = numElements(shape);
  }

  /** Class labels, where targets are that. */
  get labels(): Int32Array | undefined {
    return this.values instanceof Int32Array && this.shape.length === 0 ? this.values : undefined;
  }

  /** `[n, ...shape]`, new. */
  batch(indices: ArrayLike<number>): tf.Tensor {
    const { values, shape } = this;
    const size = this.#size;
    const picked =
      values instanceof Int32Array ? new Int32Array(indices.length * size) : new Float32Array(indices.length * size);
    for (let i = 0; i < indices.length; i++) {
      const row = indices[i]!;
      picked.set(values.subarray(row * size, (row + 1) * size), i * size);
    }
    return tf.tensor(picked, [indices.length, ...shape], values instanceof Int32Array ? 'int32' : 'float32');
  }
}

/** Throws `INVALID_ARGUMENT` for an index that is none of `length` examples. */
export function checkIndices(name: string, indices: ArrayLike<number>, length: number): void {
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!;
    if (Number.isInteger(index) && index >= 0 && index < length) continue;
    throw new ZooError('INVALID_ARGUMENT', `${name}: there is no example ${index}, only 0 to ${length - 1}.`);
  }
}
