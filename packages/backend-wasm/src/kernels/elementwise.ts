import {
  broadcast_util,
  type DataType,
  getKernel,
  type KernelFunc,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core';
import { call, type KernelCall, type WasmEngine } from '../native/engine.ts';
import { nativeOf } from '../native/native.ts';

/** ClipByValue that leaves NaN alone, so that a diverged loss stays visible. tfjs's turns it into the lower bound. */
export function clipByValue({
  inputs: { x },
  attrs: { clipValueMin, clipValueMax },
  backend,
}: KernelCall<{ x: TensorInfo }, { clipValueMin: number; clipValueMax: number }>): TensorInfo {
  const native = nativeOf(backend);
  if (x.dtype === 'float32') {
    const out = native.output(x.shape);
    const size = util.sizeFromShape(x.shape);
    native.kernels.clip(native.address(x), size, clipValueMin, clipValueMax, native.address(out));
    return out;
  }
  const out = native.output(x.shape, x.dtype);
  const from = native.view(x);
  const to = native.view(out);
  for (let i = 0; i < to.length; i++) to[i] = Math.min(clipValueMax, Math.max(clipValueMin, from[i]!));
  return out;
}

/** Relu that leaves NaN alone; tfjs's takes numbers for integers, so that a NaN with its sign bit set becomes 0. */
export function relu({ inputs, backend }: KernelCall<{ x: TensorInfo }, object>): TensorInfo {
  return clipByValue({ inputs, attrs: { clipValueMin: 0, clipValueMax: Number.POSITIVE_INFINITY }, backend });
}

/** Relu6 that leaves NaN alone; tfjs's turns it into 0. */
export function relu6({ inputs, backend }: KernelCall<{ x: TensorInfo }, object>): TensorInfo {
  return clipByValue({ inputs, attrs: { clipValueMin: 0, clipValueMax: 6 }, backend });
}

/** Maximum or Minimum that are NaN where either operand is; tfjs's give the other operand. */
const extreme =
  (kernel: 'maximum' | 'minimum') =>
  (
    { inputs: { a, b }, attrs, backend }: KernelCall<{ a: TensorInfo; b: TensorInfo }, object>,
    stock: KernelFunc | undefined,
  ): TensorInfo => {
    if (a.dtype !== 'float32' || b.dtype !== 'float32') return call(stock!, { a, b }, attrs, backend);
    const shape = broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
    const native = nativeOf(backend);
    const [x, y] = [repeated(a, shape, backend), repeated(b, shape, backend)];
    const out = native.output(shape);
    native.kernels[kernel](native.address(x), native.address(y), util.sizeFromShape(shape), native.address(out));
    if (x !== a) backend.disposeData(x.dataId);
    if (y !== b) backend.disposeData(y.dataId);
    return out;
  };

export const maximum = extreme('maximum');
export const minimum = extreme('minimum');

/** `x` repeated up to `shape`; itself where it has that size. */
function repeated(x: TensorInfo, shape: number[], backend: WasmEngine): TensorInfo {
  if (util.sizeFromShape(x.shape) === util.sizeFromShape(shape)) return x;
  const sizes = [...new Array<number>(shape.length - x.shape.length).fill(1), ...x.shape];
  const reps = shape.map((size, axis) => size / sizes[axis]!);
  return call(getKernel('Tile', 'wasm')!.kernelFunc, { x: { ...x, shape: sizes } }, { reps }, backend);
}

/** Cast whose booleans are 0 or 1; tfjs's keep the lowest 8 bits of the number. A cast to the same type shares the data. */
export function cast(
  { inputs: { x }, attrs, backend }: KernelCall<{ x: TensorInfo }, { dtype: DataType }>,
  stock: KernelFunc | undefined,
): TensorInfo {
  const { dtype } = attrs;
  if (dtype === x.dtype) {
    const identity = getKernel('Identity', 'wasm');
    if (identity) return call(identity.kernelFunc, { x }, {}, backend);
  }
  if (dtype !== 'bool' || (x.dtype !== 'float32' && x.dtype !== 'int32')) return call(stock!, { x }, attrs, backend);
  const native = nativeOf(backend);
  const out = native.output(x.shape, 'bool');
  const from = native.view(x);
  const to = native.view(out);
  for (let i = 0; i < to.length; i++) to[i] = from[i] === 0 ? 0 : 1;
  return out;
}

/** Whether `b` holds one value per channel of `a`, and `a` more than that. */
const isChannelVector = (a: TensorInfo, b: TensorInfo): boolean => {
  const channels = a.shape[a.shape.length - 1];
  return (
    a.dtype === 'float32' &&
    b.dtype === 'float32' &&
    b.shape.length <= a.shape.length &&
    channels !== undefined &&
    channels > 1 &&
    b.shape[b.shape.length - 1] === channels &&
    util.sizeFromShape(b.shape) === channels
  );
};

/** Add, with a fast way for a bias per channel; the rest is tfjs's. */
export function add(
  { inputs: { a, b }, attrs, backend }: KernelCall<{ a: TensorInfo; b: TensorInfo }, object>,
  stock: KernelFunc | undefined,
): TensorInfo {
  const swapped = !isChannelVector(a, b);
  if (swapped && !isChannelVector(b, a)) return call(stock!, { a, b }, attrs, backend);
  const [x, bias] = swapped ? [b, a] : [a, b];
  const native = nativeOf(backend);
  const out = native.output(x.shape);
  const cols = x.shape[x.shape.length - 1]!;
  const rows = util.sizeFromShape(x.shape) / cols;
  native.kernels.bias_activation(native.address(x), rows, cols, native.address(bias), 0, 0, native.address(out));
  return out;
}
