import type { HostArrays, HostDType } from '@zoo/core';

/** Safetensors' names of the element types that a HostTensor can hold. */
export const dtypeOfTag: Readonly<Record<string, HostDType>> = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  I64: 'int64',
  I32: 'int32',
  I16: 'int16',
  I8: 'int8',
  U8: 'uint8',
  BOOL: 'bool',
};

export const tagOfDType = Object.fromEntries(Object.entries(dtypeOfTag).map(([tag, dtype]) => [dtype, tag])) as Record<
  HostDType,
  string
>;

/** Types that the format defines and PyTorch nets hardly use; a file that has them is sound but cannot be loaded. */
export const unsupportedTags: ReadonlySet<string> = new Set([
  ...['U16', 'U32', 'U64', 'C64', 'F4', 'F6_E2M3', 'F6_E3M2', 'F8_E4M3', 'F8_E5M2', 'F8_E8M0'],
  ...['F8_E4M3FNUZ', 'F8_E5M2FNUZ'],
]);

/** The typed array that holds each type. */
export const arrayOfDType: { readonly [D in HostDType]: TypedArrayConstructor<HostArrays[D]> } = {
  float64: Float64Array,
  float32: Float32Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};

interface TypedArrayConstructor<A> {
  readonly BYTES_PER_ELEMENT: number;
  readonly name: string;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): A;
}

/** Most dimensions of a tensor, PyTorch's limit. */
export const maxRank = 64;
