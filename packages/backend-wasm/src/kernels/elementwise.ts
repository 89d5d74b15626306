import { type DataType, getKernel, type KernelFunc, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { call, type KernelCall } from '../native/engine.ts';
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
