import type { TensorElement } from '@zoo/onnx';
import type { NativeTensor } from '../native/native.ts';

export type TensorData = Float32Array | Int32Array | Uint8Array;

/**
 * Memory of a computed tensor. Several values may own it: those of tensors that share data, and parts of it.
 * What it holds never changes while it has an owner.
 */
export class Storage {
  static #next = 0;
  /** Never used again, so that constants baked into a graph can be recognized without keeping them alive. */
  readonly id = Storage.#next++;
  readonly data: TensorData;
  /** The storage that this is a part of. */
  readonly base: Storage | undefined;
  owners = 0;
  /** Wrappers for the runtime, by shape. */
  readonly tensors = new Map<string, NativeTensor>();

  constructor(data: TensorData, base?: Storage) {
    this.data = data;
    this.base = base;
    if (base) base.owners++;
  }
}

const arrays = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };

/** An array of the element type's kind over `buffer`. */
export const arrayOver = (type: TensorElement, buffer: ArrayBuffer): TensorData => new arrays[type](buffer);

export const bytesOf = (type: TensorElement, size: number): number => arrays[type].BYTES_PER_ELEMENT * size;
