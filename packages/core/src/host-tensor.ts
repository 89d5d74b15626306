/** Element types of host data, in PyTorch's words. Half precisions keep their raw 16 bits. */
export type HostDType =
  | 'float64'
  | 'float32'
  | 'float16'
  | 'bfloat16'
  | 'int64'
  | 'int32'
  | 'int16'
  | 'int8'
  | 'uint8'
  | 'bool';

export interface HostArrays {
  float64: Float64Array;
  float32: Float32Array;
  float16: Uint16Array;
  bfloat16: Uint16Array;
  int64: BigInt64Array;
  int32: Int32Array;
  int16: Int16Array;
  int8: Int8Array;
  uint8: Uint8Array;
  bool: Uint8Array;
}

/** A tensor in host memory, C-contiguous in PyTorch's layout. */
export type HostTensor = {
  [D in HostDType]: { readonly dtype: D; readonly shape: readonly number[]; readonly data: HostArrays[D] };
}[HostDType];

/** Named tensors in PyTorch's order, names and layouts. */
export type StateDict = Map<string, HostTensor>;

/** Number of elements of a shape; 1 for a scalar. */
export const numElements = (shape: readonly number[]): number => shape.reduce((n, d) => n * d, 1);

/** `[2, 3]` as people write shapes. */
export const formatShape = (shape: readonly (number | null)[]): string => `[${shape.join(', ')}]`;

export const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((d, i) => d === b[i]);

function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The values as float32, whatever the stored type; the same array when they already are. */
export function toFloat32(t: HostTensor): Float32Array {
  switch (t.dtype) {
    case 'float32':
      return t.data;
    case 'float16':
      return Float32Array.from(t.data, halfToFloat);
    case 'bfloat16': {
      const bits = Uint32Array.from(t.data, (b) => b << 16);
      return new Float32Array(bits.buffer);
    }
    case 'int64':
      return Float32Array.from(t.data, Number);
    default:
      return Float32Array.from(t.data);
  }
}

/** `data` of `shape`, reordered so that axis i of the result is axis `permutation[i]` of the source (a host `transpose`). */
export function permuteAxes(
  data: Float32Array,
  shape: readonly number[],
  permutation: readonly number[],
): Float32Array {
  if (permutation.every((p, i) => p === i)) return data;
  const rank = shape.length;
  const strides = new Array<number>(rank).fill(1);
  for (let i = rank - 2; i >= 0; i--) strides[i] = strides[i + 1]! * shape[i + 1]!;
  const dims = permutation.map((p) => shape[p]!);
  const steps = permutation.map((p) => strides[p]!);
  const out = new Float32Array(data.length);
  const inner = dims[rank - 1]!;
  const innerStep = steps[rank - 1]!;
  const index = new Array<number>(rank).fill(0);
  let source = 0;
  for (let target = 0; target < out.length; ) {
    for (let k = 0, s = source; k < inner; k++, s += innerStep) out[target++] = data[s]!;
    for (let axis = rank - 2; axis >= 0; axis--) {
      source += steps[axis]!;
      if (++index[axis]! < dims[axis]!) break;
      source -= steps[axis]! * dims[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}
