import type { TensorElement } from '@zoo/onnx';
import { arrayOver, bytesOf, type Storage, type TensorData } from '../memory/storage.ts';
import { isElement } from '../recording/signatures.ts';
import type { Value } from '../recording/value.ts';

interface Made {
  data: TensorData;
  type: TensorElement;
  shape: readonly number[];
  /** The storage that `data` is a part of. */
  base?: Storage;
}

interface HostCall {
  values: readonly Value[];
  attrs: Readonly<Record<string, unknown>>;
}

/** Values that depend on attributes alone: they must not become part of a graph, which would be another for each of them. */
function sequence(type: TensorElement, length: number, at: (i: number) => number): Made {
  const data = arrayOver(type, new ArrayBuffer(bytesOf(type, length)));
  for (let i = 0; i < length; i++) data[i] = at(i);
  return { data, type, shape: [length] };
}

function fill({ attrs }: HostCall): Made | undefined {
  const { shape, value, dtype } = attrs as { shape: number[]; value: number; dtype?: string };
  const type = dtype ?? 'float32';
  if (!isElement(type)) return undefined;
  const size = shape.reduce((product, extent) => product * extent, 1);
  return { ...sequence(type, size, () => value), shape };
}

/** Rows of a tensor in memory lie together: no copy, and no new graph for every place. */
function rows({ values: [x], attrs }: HostCall): Made | undefined {
  const { storage, shape, type } = x!;
  if (!storage || shape.length === 0) return undefined;
  const begin = [attrs['begin'] as number | number[]].flat();
  const size = [attrs['size'] as number | number[]].flat();
  const rest = shape.slice(1);
  if (!rest.every((extent, i) => (begin[i + 1] ?? 0) === 0 && [extent, -1, undefined].includes(size[i + 1])))
    return undefined;
  const start = begin[0]!;
  const count = size[0] === undefined || size[0] === -1 ? shape[0]! - start : size[0];
  if (start < 0 || count < 0 || start + count > shape[0]!) return undefined;
  const length = rest.reduce((product, extent) => product * extent, 1);
  const data = storage.data.subarray(start * length, (start + count) * length);
  return { data, type, shape: [count, ...rest], base: storage.base ?? storage };
}

/** Kernels that are done at once; undefined leaves the call to be recorded. */
export const hostKernels: Readonly<Record<string, (call: HostCall) => Made | undefined>> = {
  Fill: fill,
  Range: ({ attrs }) => {
    const { start, stop, step, dtype } = attrs as { start: number; stop: number; step: number; dtype: string };
    if (!isElement(dtype) || start === stop || (start < stop && step < 0) || (stop < start && step > 1))
      return undefined;
    const by = stop < start && step === 1 ? -1 : step;
    return sequence(dtype, Math.abs(Math.ceil((stop - start) / by)), (i) => start + i * by);
  },
  LinSpace: ({ attrs }) => {
    const { start, stop, num } = attrs as { start: number; stop: number; num: number };
    return sequence('float32', num, (i) => start + i * ((stop - start) / (num - 1)));
  },
  Slice: rows,
};
