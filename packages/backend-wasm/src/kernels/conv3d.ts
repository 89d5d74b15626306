import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core';
import type { KernelCall } from '../native/engine.ts';
import { nativeOf } from '../native/native.ts';

type Size5 = [number, number, number, number, number];

interface Conv3dAttrs {
  strides: number | [number, number, number];
  pad: 'same' | 'valid';
}

/** The C struct `Conv3` of native/conv3d.c. */
function shapeOf(x: readonly number[], filter: readonly number[], { strides, pad }: Conv3dAttrs): number[] {
  const info = backend_util.computeConv3DInfo(x as Size5, filter as Size5, strides, 1, pad);
  const { front, top, left } = info.padInfo;
  const fields = [...x, info.filterDepth, info.filterHeight, info.filterWidth];
  fields.push(info.outDepth, info.outHeight, info.outWidth, info.outChannels);
  return [...fields, info.strideDepth, info.strideHeight, info.strideWidth, front, top, left];
}

/** Conv3DBackpropInputV2. */
export function conv3dBackpropInput({
  inputs: { dy, filter },
  attrs,
  backend,
}: KernelCall<{ dy: TensorInfo; filter: TensorInfo }, Conv3dAttrs & { inputShape: number[] }>): TensorInfo {
  const native = nativeOf(backend);
  const shape = shapeOf(attrs.inputShape, filter.shape, attrs);
  const dx = native.output(attrs.inputShape);
  native.kernels.conv3d_input(native.struct(shape), native.address(dy), native.address(filter), native.address(dx));
  return dx;
}

/** Conv3DBackpropFilterV2. */
export function conv3dBackpropFilter({
  inputs: { x, dy },
  attrs,
  backend,
}: KernelCall<{ x: TensorInfo; dy: TensorInfo }, Conv3dAttrs & { filterShape: number[] }>): TensorInfo {
  const native = nativeOf(backend);
  const shape = shapeOf(x.shape, attrs.filterShape, attrs);
  const dw = native.output(attrs.filterShape);
  native.kernels.conv3d_filter(native.struct(shape), native.address(x), native.address(dy), native.address(dw));
  return dw;
}
