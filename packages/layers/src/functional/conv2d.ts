import * as tf from '@tensorflow/tfjs-core';
import { ZooError } from '@zoo/core';
import { isRecording } from '../autograd/with-gradient.ts';
import { dilateKernel } from './dilate-kernel.ts';
import { dilatedConv2d } from './dilated-conv2d.ts';
import { expectImages, expectOutput } from './expect-shape.ts';
import { forKernel, type Padding, symmetric } from './padding.ts';
import { markRectified } from './rectified.ts';
import { extent, type Pair, type Spatial, toPair } from './spatial.ts';

export interface Conv2dFunctionOptions {
  /** `[out]` */
  bias?: tf.Tensor | undefined;
  stride?: Spatial;
  /** Zeros on each side; 'same' keeps the size and needs stride 1. */
  padding?: Spatial | 'same';
  dilation?: Spatial;
  groups?: number;
  /** Applied to the output, in the same kernel where there is one. */
  activation?: 'relu' | undefined;
}

interface Window {
  stride: Pair;
  padding: Padding;
  dilation: Pair;
}

/**
 * `torch.nn.functional.conv2d` on `[n, h, w, in]` images with a `[kh, kw, in / groups, out]` kernel; gives
 * `[n, h', w', out]`. Throws SHAPE_MISMATCH when channels or sizes do not fit.
 */
export function conv2d(x: tf.Tensor, weight: tf.Tensor, options: Conv2dFunctionOptions = {}): tf.Tensor4D {
  const { bias, groups = 1 } = options;
  const kernel = weight as tf.Tensor4D;
  const [kh, kw, channelsPerGroup] = kernel.shape;
  const images = expectImages(x, channelsPerGroup * groups);
  const stride = toPair('stride', options.stride ?? 1);
  const dilation = toPair('dilation', options.dilation ?? 1);
  // A kernel of one pixel looks the same at every dilation.
  const window: Window = {
    stride,
    dilation: [kh === 1 ? 1 : dilation[0], kw === 1 ? 1 : dilation[1]],
    padding: paddingOf(options.padding ?? 0, [kh, kw], dilation, stride),
  };
  expectOutput(outputSize(images, [kh, kw], window), images, [extent(kh, dilation[0]), extent(kw, dilation[1])]);

  if (groups === 1 && bias && isOne(window.dilation) && !isRecording()) {
    const input = forKernel(images, window.padding);
    const attrs = { strides: stride, pad: input.pad, dataFormat: 'NHWC', dilations: [1, 1] };
    const { activation = 'linear' } = options;
    const y = runFused({ x: input.x, filter: kernel, bias }, { ...attrs, activation, leakyreluAlpha: undefined });
    return activation === 'relu' ? markRectified(y) : y;
  }
  const product = groups === 1 ? plain(images, kernel, window) : inGroups(images, kernel, groups, window);
  const y: tf.Tensor4D = bias ? tf.add(product, bias) : product;
  return options.activation ? markRectified(tf.relu(y)) : y;
}

/** The kernel itself: `tf.fused.conv2d` prepares a gradient, which costs a small image as much as the convolution. */
const runFused = (inputs: { x: tf.Tensor4D; filter: tf.Tensor4D; bias: tf.Tensor }, attrs: object): tf.Tensor4D =>
  tf.engine().runKernel(tf.FusedConv2D, inputs, attrs as tf.NamedAttrMap) as tf.Tensor4D;

const inGroups = (x: tf.Tensor4D, kernel: tf.Tensor4D, groups: number, window: Window): tf.Tensor4D =>
  isDepthwise(x, groups, window.stride) ? depthwise(x, kernel, groups, window) : grouped(x, kernel, groups, window);

function paddingOf(padding: Spatial | 'same', kernel: Pair, dilation: Pair, stride: Pair): Padding {
  if (padding !== 'same') return symmetric(toPair('padding', padding, 0));
  if (stride[0] !== 1 || stride[1] !== 1) {
    throw new ZooError(
      'INVALID_ARGUMENT',
      `padding 'same' needs stride 1, got [${stride}]. Give the padding in pixels.`,
    );
  }
  const split = (axis: 0 | 1): Pair => {
    const total = dilation[axis] * (kernel[axis] - 1);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  };
  return { height: split(0), width: split(1) };
}

function outputSize(x: tf.Tensor4D, kernel: Pair, { stride, padding, dilation }: Window): Pair {
  const along = (size: number, axis: 0 | 1, [before, after]: Pair) =>
    Math.floor((size + before + after - extent(kernel[axis], dilation[axis])) / stride[axis]) + 1;
  return [along(x.shape[1], 0, padding.height), along(x.shape[2], 1, padding.width)];
}

const isOne = ([h, w]: Pair): boolean => h === 1 && w === 1;

function plain(x: tf.Tensor4D, kernel: tf.Tensor4D, { stride, padding, dilation }: Window): tf.Tensor4D {
  if (!isOne(dilation) && isOne(stride)) return dilatedConv2d(x, kernel, { padding, dilation });
  const input = forKernel(x, padding);
  // tfjs refuses strides and dilations together.
  return tf.conv2d(input.x, dilateKernel(kernel, dilation), stride, input.pad);
}

/** TensorFlow's depthwise kernels want the same stride both ways. */
const isDepthwise = (x: tf.Tensor4D, groups: number, stride: Pair): boolean =>
  groups === x.shape[3] && stride[0] === stride[1];

function depthwise(x: tf.Tensor4D, kernel: tf.Tensor4D, groups: number, window: Window): tf.Tensor4D {
  const spread = dilateKernel(kernel, window.dilation);
  const [kh, kw, , out] = spread.shape;
  const input = forKernel(x, window.padding);
  return tf.depthwiseConv2d(input.x, tf.reshape(spread, [kh, kw, groups, out / groups]), window.stride, input.pad);
}

function grouped(x: tf.Tensor4D, kernel: tf.Tensor4D, groups: number, window: Window): tf.Tensor4D {
  const images = tf.split(x, groups, 3) as tf.Tensor4D[];
  const kernels = tf.split(kernel, groups, 3) as tf.Tensor4D[];
  return tf.concat(
    images.map((part, i) => plain(part, kernels[i]!, window)),
    3,
  );
}
