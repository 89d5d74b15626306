import type { HostDType } from '@zoo/core';

/** Torch's storage classes by name. */
export const dtypeOfStorage: Readonly<Record<string, HostDType>> = {
  DoubleStorage: 'float64',
  FloatStorage: 'float32',
  HalfStorage: 'float16',
  BFloat16Storage: 'bfloat16',
  LongStorage: 'int64',
  IntStorage: 'int32',
  ShortStorage: 'int16',
  CharStorage: 'int8',
  ByteStorage: 'uint8',
  BoolStorage: 'bool',
};

/** A run of numbers that one or more tensors look at. Its bytes may come after the tensors that need them. */
export interface Storage {
  readonly key: string;
  readonly dtype: HostDType;
  /** Number of elements. */
  readonly length: number;
  bytes: Uint8Array | undefined;
}

/** Reverses the bytes of each element, for files of big-endian machines. */
export function swapBytes(bytes: Uint8Array, itemSize: number): Uint8Array {
  if (itemSize === 1) return bytes;
  const swapped = new Uint8Array(bytes.length);
  for (let start = 0; start < bytes.length; start += itemSize) {
    for (let i = 0; i < itemSize; i++) swapped[start + i] = bytes[start + itemSize - 1 - i]!;
  }
  return swapped;
}
