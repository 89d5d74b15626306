import { backend_util, getKernel, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { formatShape, ZooError } from '@zoo/core';
import { applyEpilogue, type Epilogue } from '../native/activation.ts';
import { type ConvSizes, convFilterGrad, convForward, convInputGrad } from '../native/conv-plan.ts';
import { call, type KernelCall } from '../native/engine.ts';
import { nativeOf } from '../native/native.ts';

type Size4 = [number, number, number, number];
type Pad = Parameters<typeof backend_util.computeConv2DInfo>[4];
type Rounding = Parameters<typeof backend_util.computeConv2DInfo>[5];

interface ConvAttrs {
  strides: number | [number, number];
  pad: Pad;
  dilations?: number | [number, number];
  dataFormat?: string;
  dimRoundingMode?: Rounding;
}

/** Refuses NCHW, which these kernels would read as if it were NHWC. */
export function requireNhwc(kernel: string, dataFormat: string | undefined): void {
  if (dataFormat !== undefined && dataFormat !== 'NHWC') {
    throw new ZooError(
      'NOT_SUPPORTED',
      `${kernel} on the wasm backend takes dataFormat 'NHWC' only, got '${dataFormat}'. Transpose the input to [n, h, w, c].`,
    );
  }
}

function sizes(kernel: string, x: readonly number[], filter: readonly number[], attrs: ConvAttrs): ConvSizes {
  requireNhwc(kernel, attrs.dataFormat);
  const { strides, dilations = 1, pad, dimRoundingMode } = attrs;
  const info = backend_util.computeConv2DInfo(x as Size4, filter as Size4, strides, dilations, pad, dimRoundingMode);
  return {
    ...{ n: info.batchSize, h: info.inHeight, w: info.inWidth, c: info.inChannels, o: info.outChannels },
    ...{ kh: info.filterHeight, kw: info.filterWidth, oh: info.outHeight, ow: info.outWidth },
    ...{ sh: info.strideHeight, sw: info.strideWidth, dh: info.dilationHeight, dw: info.dilationWidth },
    ...{ top: info.padInfo.top, left: info.padInfo.left },
  };
}

/** The gradient kernels are not told the forward pass's rounding mode: dy's own shape says how many windows there were. */
function withGradient(kernel: string, s: ConvSizes, dy: readonly number[]): ConvSizes {
  const [n, oh, ow, o] = dy as Size4;
  if (n !== s.n || o !== s.o) {
    throw new ZooError(
      'SHAPE_MISMATCH',
      `${kernel}: dy of shape ${formatShape(dy)} does not belong to a batch of ${s.n} with ${s.o} output channels.`,
    );
  }
  return { ...s, oh, ow };
}

const isEmpty = (...tensors: TensorInfo[]): boolean => tensors.some((t) => util.sizeFromShape(t.shape) === 0);

type ForwardInputs = { x: TensorInfo; filter: TensorInfo };

/** Conv2D. `x` [n, h, w, c], `filter` [kh, kw, c, o]; any strides, dilations and padding. */
export function conv2d({ inputs: { x, filter }, attrs, backend }: KernelCall<ForwardInputs, ConvAttrs>): TensorInfo {
  const s = sizes('Conv2D', x.shape, filter.shape, attrs);
  const native = nativeOf(backend);
  const shape = [s.n, s.oh, s.ow, s.o];
  if (isEmpty(x, filter)) return native.zeros(shape);
  const out = native.output(shape);
  if (!isEmpty(out)) convForward(native, s, native.address(x), native.address(filter), native.address(out));
  return out;
}

/** FusedConv2D: convolution, bias and activation. */
export function fusedConv2d({
  inputs,
  attrs,
  backend,
}: KernelCall<ForwardInputs & Epilogue, ConvAttrs & Epilogue>): TensorInfo {
  const { activation, leakyreluAlpha } = attrs;
  const { bias, preluActivationWeights } = inputs;
  const out = conv2d({ inputs, attrs, backend });
  return applyEpilogue(out, { bias, preluActivationWeights, activation, leakyreluAlpha }, backend);
}

/** Conv2DBackpropInput, which is also transposed convolution. */
export function conv2dBackpropInput({
  inputs: { dy, filter },
  attrs,
  backend,
}: KernelCall<{ dy: TensorInfo; filter: TensorInfo }, ConvAttrs & { inputShape: number[] }>): TensorInfo {
  const kernel = 'Conv2DBackpropInput';
  const image = sizes(kernel, attrs.inputShape, filter.shape, attrs);
  const s = withGradient(kernel, image, dy.shape);
  // 'same' and 'valid' fix the number of windows; tfjs ignores what a transposed convolution is given beyond.
  const excess = typeof attrs.pad === 'string' && (s.oh > image.oh || s.ow > image.ow);
  if (excess) {
    const slice = getKernel('Slice', 'wasm')!.kernelFunc;
    const size = [s.n, Math.min(s.oh, image.oh), Math.min(s.ow, image.ow), s.o];
    const used = call(slice, { x: dy }, { begin: [0, 0, 0, 0], size }, backend);
    const dx = conv2dBackpropInput({ inputs: { dy: used, filter }, attrs, backend });
    backend.disposeData(used.dataId);
    return dx;
  }
  const native = nativeOf(backend);
  const dx = isEmpty(dy, filter) ? native.zeros(attrs.inputShape) : native.output(attrs.inputShape);
  if (!isEmpty(dy, filter, dx)) {
    convInputGrad(native, s, native.address(dy), native.address(filter), native.address(dx));
  }
  return dx;
}

/** Conv2DBackpropFilter. */
export function conv2dBackpropFilter({
  inputs: { x, dy },
  attrs,
  backend,
}: KernelCall<{ x: TensorInfo; dy: TensorInfo }, ConvAttrs & { filterShape: number[] }>): TensorInfo {
  const kernel = 'Conv2DBackpropFilter';
  const s = withGradient(kernel, sizes(kernel, x.shape, attrs.filterShape, attrs), dy.shape);
  const native = nativeOf(backend);
  if (isEmpty(x, dy)) return native.zeros(attrs.filterShape);
  const dw = native.output(attrs.filterShape);
  if (!isEmpty(dw)) convFilterGrad(native, s, native.address(x), native.address(dy), native.address(dw));
  return dw;
}
