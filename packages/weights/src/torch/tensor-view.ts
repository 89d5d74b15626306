import { formatShape, type HostDType, type HostTensor, numElements, shorten } from '@zoo/core';
import { arrayOfDType, maxRank } from '../dtype.ts';
import type { Storage } from './storage.ts';
import type { CallContext, Pickled } from './unpickle.ts';

/** How a tensor lies in its storage; sizes and strides count elements. */
export interface TensorView {
  readonly storage: Storage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const isStorage = (value: unknown): value is Storage =>
  typeof value === 'object' && value !== null && 'key' in value && 'dtype' in value && 'length' in value;

/** Checks the arguments of torch's `_rebuild_tensor` against the storage's length; allocates nothing. */
export function checkView(args: readonly Pickled[], { fail }: CallContext): TensorView {
  const [storage, offset, shape, strides] = args;
  if (!isStorage(storage)) throw fail('has a tensor without a storage');
  const sizes = (value: unknown): value is number[] =>
    Array.isArray(value) && value.length <= maxRank && value.every(isSize);
  if (!isSize(offset) || !sizes(shape) || !sizes(strides) || shape.length !== strides.length) {
    throw fail('has a tensor whose offset, shape or strides are no sizes');
  }
  const size = numElements(shape);
  if (!Number.isSafeInteger(size)) throw fail(`has a tensor of the impossible shape ${formatShape(shape)}`);
  const last = size === 0 ? offset - 1 : shape.reduce((end, d, i) => end + (d - 1) * strides[i]!, offset);
  if (last >= storage.length || offset > storage.length) {
    const reach = `reaches element ${last} of storage '${shorten(storage.key)}', which has ${storage.length}`;
    throw fail(`has a tensor of shape ${formatShape(shape)} that ${reach}`);
  }
  return { storage, offset, shape, strides };
}

function isContiguous({ shape, strides }: TensorView): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}

/** Elements in row-major order, read at `strides`. */
function gather(source: HostTensor['data'], target: HostTensor['data'], view: TensorView): void {
  const { shape, strides } = view;
  const index = new Array<number>(shape.length).fill(0);
  let position = view.offset;
  for (let i = 0; i < target.length; i++) {
    target[i] = source[position]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      position += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      position -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
}

/** Bytes that the copies of one file may take together. */
export class CopyBudget {
  #left: number;

  constructor(fileBytes: number) {
    this.#left = 64 * 2 ** 20 + 4 * fileBytes;
  }

  /** False when the copies outgrow anything that a file of this size needs. */
  spend(bytes: number): boolean {
    this.#left -= bytes;
    return this.#left >= 0;
  }
}

const itemSizeOf = (dtype: HostDType): number => arrayOfDType[dtype].BYTES_PER_ELEMENT;

/** Byte length of a storage. */
export const storageBytes = ({ dtype, length }: Pick<Storage, 'dtype' | 'length'>): number =>
  itemSizeOf(dtype) * length;

/**
 * The storage's bytes where typed arrays can look at them: a copy if they lie unaligned. One for all tensors of the
 * storage.
 */
export function alignBytes({ dtype }: Storage, bytes: Uint8Array): Uint8Array {
  // Not bytes.slice(): on a Node Buffer that is a view, as unaligned as its source.
  return bytes.byteOffset % itemSizeOf(dtype) === 0 ? bytes : Uint8Array.prototype.slice.call(bytes);
}

/**
 * The tensor's values: a view of the storage's bytes, which are aligned, where they lie in order, a copy otherwise.
 * Undefined when the copy would exceed `budget`, as a hostile file asks for with strides of 0.
 */
export function readView(view: TensorView, bytes: Uint8Array, budget: CopyBudget): HostTensor['data'] | undefined {
  const { storage, offset, shape } = view;
  const ArrayType = arrayOfDType[storage.dtype];
  const itemSize = ArrayType.BYTES_PER_ELEMENT;
  const size = numElements(shape);
  if (isContiguous(view)) return new ArrayType(bytes.buffer, bytes.byteOffset + itemSize * offset, size);
  if (!budget.spend(itemSize * size)) return undefined;
  const source = new ArrayType(bytes.buffer, bytes.byteOffset, storage.length);
  const target = new ArrayType(new ArrayBuffer(itemSize * size), 0, size);
  gather(source, target, view);
  return target;
}
