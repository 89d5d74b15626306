import * as tf from '@tensorflow/tfjs-core';
import { ZooError } from '@zoo/core';
import { dilateKernel } from './dilate-kernel.ts';
import { expectImages, expectOutput } from './expect-shape.ts';
import { padImages } from './padding.ts';
import { extent, type Pair, type Spatial, toPair } from './spatial.ts';

export interface ConvTranspose2dFunctionOptions {
  /** `[out]` */
  bias?: tf.Tensor | undefined;
  stride?: Spatial;
  /** Pixels cut from each side of the full output. */
  padding?: Spatial;
  /** Pixels added at the bottom and right of the output; less than the stride. */
  outputPadding?: Spatial;
  groups?: number;
  dilation?: Spatial;
}

/**
 * `torch.nn.functional.conv_transpose2d` on `[n, h, w, in]` images with a `[kh, kw, out / groups, in]` kernel; gives
 * `[n, (h - 1) * stride - 2 * padding + dilation * (kh - 1) + outputPadding + 1, ..., out]`.
 */
export function convTranspose2d(
  x: tf.Tensor,
  weight: tf.Tensor,
  options: ConvTranspose2dFunctionOptions = {},
): tf.Tensor4D {
  const { bias, groups = 1 } = options;
  const images = expectImages(x, weight.shape[3]!);
  const stride = toPair('stride', options.stride ?? 1);
  const padding = toPair('padding', options.padding ?? 0, 0);
  const extra = toPair('outputPadding', options.outputPadding ?? 0, 0);
  const dilation = toPair('dilation', options.dilation ?? 1);
  checkOutputPadding(extra, stride, dilation);
  const kernel = dilateKernel(weight as tf.Tensor4D, dilation);
  const window = { stride, padding, extra };
  const y = groups === 1 ? transposed(images, kernel, window) : grouped(images, kernel, groups, window);
  return bias ? tf.add(y, bias) : y;
}

/** Refuses an output padding that more input pixels could have given, as PyTorch does. */
export function checkOutputPadding(extra: Pair, stride: Pair, dilation: Pair): void {
  const fits = ([0, 1] as const).every((axis) => extra[axis] < Math.max(stride[axis], dilation[axis]));
  if (fits) return;
  throw new ZooError(
    'INVALID_ARGUMENT',
    `outputPadding must be smaller than stride or dilation, got [${extra}] with stride [${stride}].`,
  );
}

interface Window {
  stride: Pair;
  padding: Pair;
  extra: Pair;
}

function transposed(x: tf.Tensor4D, kernel: tf.Tensor4D, { stride, padding, extra }: Window): tf.Tensor4D {
  const [n, h, w] = x.shape;
  const [kh, kw, out] = kernel.shape;
  const size: Pair = [
    (h - 1) * stride[0] + kh - 2 * padding[0] + extra[0],
    (w - 1) * stride[1] + kw - 2 * padding[1] + extra[1],
  ];
  expectOutput(size, x, [extent(kh, 1), extent(kw, 1)]);
  // Rows past the last kernel: never more than stride - 1 of them reach tfjs, or it would want more input rows.
  const tail: Pair = [Math.min(extra[0], stride[0] - 1), Math.min(extra[1], stride[1] - 1)];
  const full: Pair = [(h - 1) * stride[0] + kh + tail[0], (w - 1) * stride[1] + kw + tail[1]];
  const y = tf.conv2dTranspose(x, kernel, [n, full[0], full[1], out], stride, 'valid');
  return padImages(y, {
    height: [-padding[0], size[0] - full[0] + padding[0]],
    width: [-padding[1], size[1] - full[1] + padding[1]],
  });
}

function grouped(x: tf.Tensor4D, kernel: tf.Tensor4D, groups: number, window: Window): tf.Tensor4D {
  const images = tf.split(x, groups, 3) as tf.Tensor4D[];
  const kernels = tf.split(kernel, groups, 3) as tf.Tensor4D[];
  return tf.concat(
    images.map((part, i) => transposed(part, kernels[i]!, window)),
    3,
  );
}
