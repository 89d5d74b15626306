import { backend_util } from '@tensorflow/tfjs-core';
import type { Shape } from '../graph/shape.ts';
import type { OnnxAttributes } from '../model/types.ts';

type Quad = [number, number, number, number];

/** Geometry of a convolution or pool over `[n, h, w, c]` images. */
export interface Window {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  /** Before and after, by axis; what lies after is what the last window reaches, and may be negative where rows are left over. */
  readonly pads: { readonly top: number; readonly left: number; readonly bottom: number; readonly right: number };
  readonly input: readonly [number, number];
  readonly output: readonly [number, number];
  /** Shape of the result, `[n, h', w', c']`. */
  readonly outShape: readonly number[];
}

interface Info {
  filterHeight: number;
  filterWidth: number;
  strideHeight: number;
  strideWidth: number;
  dilationHeight: number;
  dilationWidth: number;
  inHeight: number;
  inWidth: number;
  outHeight: number;
  outWidth: number;
  outShape: number[];
  padInfo: { top: number; left: number };
}

function toWindow(info: Info): Window {
  const { padInfo, inHeight, inWidth, outHeight, outWidth } = info;
  const reach = (out: number, stride: number, kernel: number, dilation: number) =>
    (out - 1) * stride + (kernel - 1) * dilation + 1;
  return {
    kernel: [info.filterHeight, info.filterWidth],
    stride: [info.strideHeight, info.strideWidth],
    dilation: [info.dilationHeight, info.dilationWidth],
    pads: {
      top: padInfo.top,
      left: padInfo.left,
      bottom: reach(outHeight, info.strideHeight, info.filterHeight, info.dilationHeight) - inHeight - padInfo.top,
      right: reach(outWidth, info.strideWidth, info.filterWidth, info.dilationWidth) - inWidth - padInfo.left,
    },
    input: [inHeight, inWidth],
    output: [outHeight, outWidth],
    outShape: info.outShape,
  };
}

/** What the attributes of tfjs's convolution kernels say; `depthwise` filters are `[h, w, c, multiplier]`. */
export function convWindow(
  inputShape: Shape,
  filterShape: Shape,
  attrs: Readonly<Record<string, unknown>>,
  depthwise = false,
): Window | undefined {
  const { strides, pad, dimRoundingMode, dataFormat } = attrs as {
    strides: number | [number, number];
    pad: 'valid' | 'same' | number;
    dimRoundingMode?: 'floor';
    dataFormat?: string;
  };
  // tfjs's convolutions over channels-first tensors exist on few engines; the cpu kernels say so.
  if (dataFormat === 'NCHW') return undefined;
  const dilations = (attrs['dilations'] as number | [number, number] | undefined) ?? 1;
  return toWindow(
    backend_util.computeConv2DInfo(
      inputShape as Quad,
      filterShape as Quad,
      strides,
      dilations,
      pad,
      dimRoundingMode,
      depthwise,
    ),
  );
}

/** What the attributes of tfjs's pools say. */
export function poolWindow(inputShape: Shape, attrs: Readonly<Record<string, unknown>>): Window {
  const { filterSize, strides, pad, dimRoundingMode } = attrs as {
    filterSize: number | [number, number];
    strides: number | [number, number];
    pad: 'valid' | 'same' | number;
    dimRoundingMode?: 'floor';
  };
  return toWindow(backend_util.computePool2DInfo(inputShape as Quad, filterSize, strides, 1, pad, dimRoundingMode));
}

/** ONNX's attributes of the window. What is left over at the end is not padding. */
export const windowAttributes = ({ kernel, stride, dilation, pads }: Window): OnnxAttributes => ({
  kernel_shape: kernel,
  strides: stride,
  dilations: dilation,
  pads: [pads.top, pads.left, Math.max(0, pads.bottom), Math.max(0, pads.right)],
});

/** ONNX's attributes of a pool over the window, which tfjs never dilates. */
export function poolAttributes(window: Window): OnnxAttributes {
  const { dilations: _, ...attributes } = windowAttributes(window);
  return attributes;
}

/** Attributes of the transposed convolution that leads back to the input's size. */
export const transposedAttributes = (window: Window): OnnxAttributes => ({
  ...windowAttributes(window),
  output_padding: [Math.max(0, -window.pads.bottom), Math.max(0, -window.pads.right)],
});

export const isOnePixel = ({ kernel: [kh, kw], stride: [sh, sw], pads }: Window): boolean =>
  kh === 1 &&
  kw === 1 &&
  sh === 1 &&
  sw === 1 &&
  pads.top === 0 &&
  pads.left === 0 &&
  pads.bottom === 0 &&
  pads.right === 0;
