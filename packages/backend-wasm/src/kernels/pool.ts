import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core';
import { formatShape, ZooError } from '@zoo/core';
import type { KernelCall } from '../native/engine.ts';
import { nativeOf } from '../native/native.ts';

type Size4 = [number, number, number, number];
type Size5 = [number, number, number, number, number];
type Pad = Parameters<typeof backend_util.computePool2DInfo>[4];
type Rounding = Parameters<typeof backend_util.computePool2DInfo>[5];

interface PoolAttrs {
  filterSize: number | [number, number] | [number, number, number];
  strides: number | [number, number] | [number, number, number];
  pad: Pad;
  dimRoundingMode?: Rounding;
}

/** Fields of the C struct `Pool` of native/pool.c from the window on; images are volumes of depth one. */
function windowOf(
  input: TensorInfo,
  dy: TensorInfo,
  { filterSize, strides, pad, dimRoundingMode }: PoolAttrs,
): number[] {
  if (input.shape.length === 5) {
    const [size, steps] = [filterSize as [number, number, number], strides as [number, number, number]];
    const volumePad = pad as 'same' | 'valid' | number;
    const info = backend_util.computePool3DInfo(input.shape as Size5, size, steps, 1, volumePad, dimRoundingMode);
    const { front, top, left } = info.padInfo;
    const window = [info.filterDepth, info.filterHeight, info.filterWidth, ...dy.shape.slice(1, 4)];
    return [...window, info.strideDepth, info.strideHeight, info.strideWidth, front, top, left];
  }
  const [size, steps] = [filterSize as [number, number], strides as [number, number]];
  const info = backend_util.computePool2DInfo(input.shape as Size4, size, steps, 1, pad, dimRoundingMode);
  const { top, left } = info.padInfo;
  const window = [1, info.filterHeight, info.filterWidth, 1, ...dy.shape.slice(1, 3)];
  return [...window, 1, info.strideHeight, info.strideWidth, 0, top, left];
}

/** The C struct `Pool`. dy's own shape says how many windows the forward pass made. */
function structOf(kernel: string, input: TensorInfo, dy: TensorInfo, attrs: PoolAttrs): number[] {
  const [n, ...rest] = input.shape as [number, ...number[]];
  const channels = rest.at(-1);
  if (n !== dy.shape[0] || channels !== dy.shape.at(-1) || input.dtype !== 'float32' || dy.dtype !== 'float32') {
    throw new ZooError(
      'SHAPE_MISMATCH',
      `${kernel} needs float32 tensors of one batch and channel count; got input ${formatShape(input.shape)} ${input.dtype} and dy ${formatShape(dy.shape)} ${dy.dtype}.`,
    );
  }
  const volume = rest.length === 3 ? [1, ...rest] : rest;
  return [n, ...volume, ...windowOf(input, dy, attrs)];
}

/** Shape of the result. */
function outputShape({ shape }: TensorInfo, { filterSize, strides, pad, dimRoundingMode }: PoolAttrs): number[] {
  if (shape.length === 5) {
    const [size, steps] = [filterSize as [number, number, number], strides as [number, number, number]];
    const volumePad = pad as 'same' | 'valid' | number;
    return backend_util.computePool3DInfo(shape as Size5, size, steps, 1, volumePad, dimRoundingMode).outShape;
  }
  const [size, steps] = [filterSize as [number, number], strides as [number, number]];
  return backend_util.computePool2DInfo(shape as Size4, size, steps, 1, pad, dimRoundingMode).outShape;
}

const pool =
  (name: string, kernel: 'max_pool' | 'avg_pool') =>
  ({ inputs: { x }, attrs, backend }: KernelCall<{ x: TensorInfo }, PoolAttrs>): TensorInfo => {
    const native = nativeOf(backend);
    const out = native.output(outputShape(x, attrs));
    const struct = structOf(name, x, out, attrs);
    native.kernels[kernel](native.struct(struct), native.address(x), native.address(out));
    return out;
  };

/** MaxPool and MaxPool3D. tfjs's give a number for a window with NaN in it, and MaxPool3D one for a window without any. */
export const maxPool = pool('MaxPool', 'max_pool');

/** AvgPool: the mean over the pixels inside the image. tfjs's gives -Infinity for most windows with NaN in them. */
export const avgPool = pool('AvgPool', 'avg_pool');

type GradInputs = { dy: TensorInfo; input: TensorInfo };

/** MaxPoolGrad and MaxPool3DGrad: each window's gradient goes to its first largest value, or to its last NaN, as in PyTorch. */
export function maxPoolGrad({ inputs: { dy, input }, attrs, backend }: KernelCall<GradInputs, PoolAttrs>): TensorInfo {
  const native = nativeOf(backend);
  const struct = structOf('MaxPoolGrad', input, dy, attrs);
  const dx = native.output(input.shape);
  native.kernels.max_pool_grad(native.struct(struct), native.address(input), native.address(dy), native.address(dx));
  return dx;
}

/**
 * AvgPoolGrad and AvgPool3DGrad: the gradient of the mean over the pixels inside the image, which is what tfjs's AvgPool computes.
 * For padding given as an array tfjs-core's own tests demand the whole window as the divisor on every backend.
 */
export function avgPoolGrad({ inputs: { dy, input }, attrs, backend }: KernelCall<GradInputs, PoolAttrs>): TensorInfo {
  const native = nativeOf(backend);
  const struct = structOf('AvgPoolGrad', input, dy, attrs);
  const whole = Array.isArray(attrs.pad) ? 1 : 0;
  const dx = native.output(input.shape);
  native.kernels.avg_pool_grad(native.struct(struct), whole, native.address(dy), native.address(dx));
  return dx;
}
