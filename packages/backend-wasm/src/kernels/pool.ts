import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core';
import { formatShape, ZooError } from '@zoo/core';
import type { KernelCall } from '../native/engine.ts';
import { nativeOf } from '../native/native.ts';

type Size4 = [number, number, number, number];
type Pad = Parameters<typeof backend_util.computePool2DInfo>[4];
type Rounding = Parameters<typeof backend_util.computePool2DInfo>[5];

interface PoolAttrs {
  filterSize: number | [number, number];
  strides: number | [number, number];
  pad: Pad;
  dimRoundingMode?: Rounding;
}

/** The C struct `Pool` of native/pool.c. dy's own shape says how many windows the forward pass made. */
function shapeOf(kernel: string, input: TensorInfo, dy: TensorInfo, attrs: PoolAttrs): number[] {
  const { filterSize, strides, pad, dimRoundingMode } = attrs;
  const info = backend_util.computePool2DInfo(input.shape as Size4, filterSize, strides, 1, pad, dimRoundingMode);
  const [n, oh, ow, c] = dy.shape as Size4;
  if (n !== info.batchSize || c !== info.inChannels || input.dtype !== 'float32' || dy.dtype !== 'float32') {
    throw new ZooError(
      'SHAPE_MISMATCH',
      `${kernel} needs float32 tensors of one batch and channel count; got input ${formatShape(input.shape)} ${input.dtype} and dy ${formatShape(dy.shape)} ${dy.dtype}.`,
    );
  }
  const shape = [n, info.inHeight, info.inWidth, c, info.filterHeight, info.filterWidth, oh, ow];
  return [...shape, info.strideHeight, info.strideWidth, info.padInfo.top, info.padInfo.left];
}

type GradInputs = { dy: TensorInfo; input: TensorInfo };

/** MaxPoolGrad: each window's gradient goes to its first largest value, as in PyTorch. */
export function maxPoolGrad({ inputs: { dy, input }, attrs, backend }: KernelCall<GradInputs, PoolAttrs>): TensorInfo {
  const native = nativeOf(backend);
  const shape = shapeOf('MaxPoolGrad', input, dy, attrs);
  const dx = native.output(input.shape);
  native.kernels.max_pool_grad(native.struct(shape), native.address(input), native.address(dy), native.address(dx));
  return dx;
}

/**
 * AvgPoolGrad: the gradient of the mean over the pixels inside the image, which is what tfjs's AvgPool computes. For padding given
 * as an array tfjs-core's own tests demand the whole window as the divisor on every backend.
 */
export function avgPoolGrad({ inputs: { dy, input }, attrs, backend }: KernelCall<GradInputs, PoolAttrs>): TensorInfo {
  const native = nativeOf(backend);
  const shape = shapeOf('AvgPoolGrad', input, dy, attrs);
  const dx = native.output(input.shape);
  native.kernels.avg_pool_grad(
    native.struct(shape),
    Array.isArray(attrs.pad) ? 1 : 0,
    native.address(dy),
    native.address(dx),
  );
  return dx;
}
