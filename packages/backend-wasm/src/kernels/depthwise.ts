import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core';
import { applyEpilogue, type Epilogue } from '../native/activation.ts';
import type { KernelCall } from '../native/engine.ts';
import { nativeOf } from '../native/native.ts';
import { requireNhwc } from './conv2d.ts';

type Size4 = [number, number, number, number];
type Pad = Parameters<typeof backend_util.computeConv2DInfo>[4];
type Rounding = Parameters<typeof backend_util.computeConv2DInfo>[5];

interface DepthwiseAttrs {
  strides: number | [number, number];
  pad: Pad;
  dilations?: number | [number, number] | null;
  dataFormat?: string;
  dimRoundingMode?: Rounding;
}

interface Shape {
  struct: number[];
  outShape: number[];
  filterSize: number;
}

/** The C struct `Depthwise` of native/depthwise.c. `filter` is [kh, kw, c, m]; dy's own shape wins where there is one. */
function shapeOf(
  kernel: string,
  x: readonly number[],
  filter: readonly number[],
  attrs: DepthwiseAttrs,
  dy?: TensorInfo,
): Shape {
  requireNhwc(kernel, attrs.dataFormat);
  const { strides, dilations, pad, dimRoundingMode } = attrs;
  const info = backend_util.computeConv2DInfo(
    x as Size4,
    filter as Size4,
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    true,
  );
  const [kh, kw, c, m] = filter as Size4;
  const oh = dy?.shape[1] ?? info.outHeight;
  const ow = dy?.shape[2] ?? info.outWidth;
  const struct = [info.batchSize, info.inHeight, info.inWidth, c, m, kh, kw, oh, ow];
  struct.push(info.strideHeight, info.strideWidth, info.dilationHeight, info.dilationWidth);
  struct.push(info.padInfo.top, info.padInfo.left);
  return { struct, outShape: [info.batchSize, oh, ow, c * m], filterSize: kh * kw * c * m };
}

type ForwardInputs = { x: TensorInfo; filter: TensorInfo };

/** DepthwiseConv2dNative. `x` [n, h, w, c], `filter` [kh, kw, c, m] to [n, oh, ow, c * m]. */
export function depthwiseConv2d({
  inputs: { x, filter },
  attrs,
  backend,
}: KernelCall<ForwardInputs, DepthwiseAttrs>): TensorInfo {
  const { struct, outShape } = shapeOf('DepthwiseConv2dNative', x.shape, filter.shape, attrs);
  const native = nativeOf(backend);
  const out = native.output(outShape);
  native.kernels.depthwise(native.struct(struct), native.address(x), native.address(filter), native.address(out));
  return out;
}

/** FusedDepthwiseConv2D: convolution, bias and activation. */
export function fusedDepthwiseConv2d({
  inputs,
  attrs,
  backend,
}: KernelCall<ForwardInputs & Epilogue, DepthwiseAttrs & Epilogue>): TensorInfo {
  const { activation, leakyreluAlpha } = attrs;
  const { bias, preluActivationWeights } = inputs;
  const out = depthwiseConv2d({ inputs, attrs, backend });
  return applyEpilogue(out, { bias, preluActivationWeights, activation, leakyreluAlpha }, backend);
}

/** DepthwiseConv2dNativeBackpropInput. */
export function depthwiseConv2dBackpropInput({
  inputs: { dy, filter },
  attrs,
  backend,
}: KernelCall<{ dy: TensorInfo; filter: TensorInfo }, DepthwiseAttrs & { inputShape: number[] }>): TensorInfo {
  const { struct } = shapeOf('DepthwiseConv2dNativeBackpropInput', attrs.inputShape, filter.shape, attrs, dy);
  const native = nativeOf(backend);
  const dx = native.output(attrs.inputShape);
  native.kernels.depthwise_input(native.struct(struct), native.address(dy), native.address(filter), native.address(dx));
  return dx;
}

/** DepthwiseConv2dNativeBackpropFilter. */
export function depthwiseConv2dBackpropFilter({
  inputs: { x, dy },
  attrs,
  backend,
}: KernelCall<{ x: TensorInfo; dy: TensorInfo }, DepthwiseAttrs & { filterShape: number[] }>): TensorInfo {
  const { struct, filterSize } = shapeOf('DepthwiseConv2dNativeBackpropFilter', x.shape, attrs.filterShape, attrs, dy);
  const native = nativeOf(backend);
  const dw = native.output(attrs.filterShape);
  const scratch = native.scratch(Math.max(1, filterSize));
  native.kernels.depthwise_filter(
    native.struct(struct),
    native.address(x),
    native.address(dy),
    native.address(dw),
    scratch,
  );
  return dw;
}
