import type { HostTensor, StateDict } from '@zoo/core';
import { arrayOfDType } from './dtype.ts';
import { parseHeader, readHeaderLength, type TensorEntry } from './header.ts';

/** The contents of a safetensors file. */
export interface Safetensors {
  /** Tensors by name, in the header's order. */
  tensors: StateDict;
  /** Free text that the writer left; `{}` when there is none. */
  metadata: Record<string, string>;
}

/** Views of `data`, the data section; a tensor that lies unaligned in memory is copied. */
export function viewTensors(entries: readonly TensorEntry[], data: Uint8Array): StateDict {
  const tensors: StateDict = new Map();
  for (const { name, dtype, shape, begin, end } of entries) {
    const ArrayType = arrayOfDType[dtype];
    const itemSize = ArrayType.BYTES_PER_ELEMENT;
    const aligned = (data.byteOffset + begin) % itemSize === 0;
    // Not data.slice(): on a Node Buffer that is a view, as unaligned as its source.
    const source = aligned ? data.subarray(begin, end) : Uint8Array.prototype.slice.call(data, begin, end);
    const values = new ArrayType(source.buffer, source.byteOffset, (end - begin) / itemSize);
    tensors.set(name, { dtype, shape, data: values } as HostTensor);
  }
  return tensors;
}

/**
 * Reads a safetensors file that is in memory. Tensors are views of `bytes` where alignment allows, so leave `bytes` alone.
 * `name` stands for the file in errors. Throws ZooError: `CORRUPT_FILE` for anything that breaks the format,
 * `NOT_SUPPORTED` for its unsigned 16 to 64 bit, 8 bit float and complex types.
 * Format: https://github.com/huggingface/safetensors#format
 */
export function parseSafetensors(bytes: Uint8Array, { name = 'safetensors' }: { name?: string } = {}): Safetensors {
  const headerLength = readHeaderLength(bytes.subarray(0, 8), bytes.length, name);
  const dataStart = 8 + headerLength;
  const { entries, metadata } = parseHeader(bytes.subarray(8, dataStart), bytes.length - dataStart, name);
  return { tensors: viewTensors(entries, bytes.subarray(dataStart)), metadata };
}
