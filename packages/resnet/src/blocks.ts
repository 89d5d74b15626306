import * as tf from '@tensorflow/tfjs-core';
import { Module, Sequential } from '@zoo/core';
import { BatchNorm2d, Conv2d, init, ReLU } from '@zoo/layers';

/** He's initialization, which keeps the variance of gradients through ReLU. */
const weightInit = init.kaimingNormal({ mode: 'fan_out', nonlinearity: 'relu' });

/** What a residual block is made of. */
export interface BlockConfig {
  inChannels: number;
  /** Width before the expansion of a bottleneck. */
  planes: number;
  stride: number;
  groups: number;
  /** Width of each group for `planes` 64. */
  baseWidth: number;
  dilation: number;
  /** Start the block as the identity: the last batch norm's weight is 0 (Goyal et al. 2017). */
  zeroInit: boolean;
}

const conv = (
  inChannels: number,
  outChannels: number,
  kernelSize: number,
  stride = 1,
  dilation = 1,
  groups = 1,
): Conv2d =>
  new Conv2d(inChannels, outChannels, kernelSize, {
    stride,
    padding: ((kernelSize - 1) / 2) * dilation,
    dilation,
    groups,
    bias: false,
    weightInit,
  });

/** 7x7, stride 2. */
export const stem = (inChannels: number): Conv2d => conv(inChannels, 64, 7, 2);

/** A 1x1 projection where the shortcut changes size or width, nothing where it does not. */
const shortcut = (inChannels: number, outChannels: number, stride: number): Sequential | undefined =>
  stride === 1 && inChannels === outChannels
    ? undefined
    : new Sequential(conv(inChannels, outChannels, 1, stride), new BatchNorm2d(outChannels));

const lastNorm = (channels: number, zeroInit: boolean): BatchNorm2d =>
  new BatchNorm2d(channels, zeroInit ? { weightInit: init.zeros() } : {});

/** Two 3x3 convolutions and a shortcut (He et al. 2015, figure 5 left). */
export class BasicBlock extends Module<[tf.Tensor], tf.Tensor> {
  static readonly expansion = 1;
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly relu = new ReLU();
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly downsample: Sequential | undefined;

  constructor({ inChannels, planes, stride, zeroInit }: BlockConfig) {
    super();
    this.conv1 = conv(inChannels, planes, 3, stride);
    this.bn1 = new BatchNorm2d(planes);
    this.conv2 = conv(planes, planes, 3);
    this.bn2 = lastNorm(planes, zeroInit);
    this.downsample = shortcut(inChannels, planes, stride);
  }

  forward(x: tf.Tensor): tf.Tensor {
    const hidden = this.relu.call(this.bn1.call(this.conv1.call(x)));
    const residual = this.bn2.call(this.conv2.call(hidden));
    return this.relu.call(tf.add(residual, this.downsample?.call(x) ?? x));
  }
}

/**
 * 1x1, 3x3, 1x1 convolutions and a shortcut (figure 5 right). The stride is on the 3x3 convolution, as in torchvision
 * ("ResNet v1.5").
 */
export class Bottleneck extends Module<[tf.Tensor], tf.Tensor> {
  static readonly expansion = 4;
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly conv3: Conv2d;
  readonly bn3: BatchNorm2d;
  readonly relu = new ReLU();
  readonly downsample: Sequential | undefined;

  constructor({ inChannels, planes, stride, groups, baseWidth, dilation, zeroInit }: BlockConfig) {
    super();
    const width = Math.floor((planes * baseWidth) / 64) * groups;
    const out = planes * Bottleneck.expansion;
    this.conv1 = conv(inChannels, width, 1);
    this.bn1 = new BatchNorm2d(width);
    this.conv2 = conv(width, width, 3, stride, dilation, groups);
    this.bn2 = new BatchNorm2d(width);
    this.conv3 = conv(width, out, 1);
    this.bn3 = lastNorm(out, zeroInit);
    this.downsample = shortcut(inChannels, out, stride);
  }

  forward(x: tf.Tensor): tf.Tensor {
    const reduced = this.relu.call(this.bn1.call(this.conv1.call(x)));
    const hidden = this.relu.call(this.bn2.call(this.conv2.call(reduced)));
    const residual = this.bn3.call(this.conv3.call(hidden));
    return this.relu.call(tf.add(residual, this.downsample?.call(x) ?? x));
  }
}
