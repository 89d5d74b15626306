import * as tf from '@tensorflow/tfjs-core';
import { Module, Sequential } from '@zoo/core';
import {
  AdaptiveAvgPool2d,
  AvgPool2d,
  BatchNorm2d,
  Conv2d,
  type Conv2dOptions,
  classifierLayer,
  Dropout,
  Flatten,
  type Identity,
  init,
  Linear,
  MaxPool2d,
  ReLU,
} from '@zoo/layers';

export type WindowOptions = Pick<Conv2dOptions, 'stride' | 'padding'>;

/** Convolution without bias, batch norm with eps 0.001, ReLU. `std` is the deviation of the truncated normal init. */
export class BasicConv2d extends Module<[tf.Tensor], tf.Tensor> {
  readonly conv: Conv2d;
  readonly bn: BatchNorm2d;
  readonly relu = new ReLU();

  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: number | [number, number],
    { std = 0.1, ...window }: WindowOptions & { std?: number } = {},
  ) {
    super();
    this.conv = new Conv2d(inChannels, outChannels, kernelSize, {
      ...window,
      bias: false,
      weightInit: init.truncNormal({ std }),
    });
    this.bn = new BatchNorm2d(outChannels, { eps: 0.001 });
  }

  forward(x: tf.Tensor): tf.Tensor {
    return this.relu.call(this.bn.call(this.conv.call(x)));
  }
}

/** Widths of GoogLeNet's four branches: 1x1; 1x1 then 3x3; 1x1 then "5x5"; pooling then 1x1. */
export type InceptionWidths = readonly [
  c1: number,
  c2: readonly [number, number],
  c3: readonly [number, number],
  c4: number,
];

export const outChannels = ([c1, [, c2], [, c3], c4]: InceptionWidths): number => c1 + c2 + c3 + c4;

/** torchvision's Inception block: batch norm everywhere, and a 3x3 convolution where the paper has 5x5. */
export class Inception extends Module<[tf.Tensor], tf.Tensor> {
  readonly branch1: BasicConv2d;
  readonly branch2: Sequential;
  readonly branch3: Sequential;
  readonly branch4: Sequential;

  constructor(inChannels: number, [c1, c2, c3, c4]: InceptionWidths) {
    super();
    const std = 0.01;
    const reduced = ([narrow, wide]: readonly [number, number]) =>
      new Sequential(
        new BasicConv2d(inChannels, narrow, 1, { std }),
        new BasicConv2d(narrow, wide, 3, { padding: 1, std }),
      );
    this.branch1 = new BasicConv2d(inChannels, c1, 1, { std });
    this.branch2 = reduced(c2);
    this.branch3 = reduced(c3);
    this.branch4 = new Sequential(
      new MaxPool2d(3, { stride: 1, padding: 1, ceilMode: true }),
      new BasicConv2d(inChannels, c4, 1, { std }),
    );
  }

  forward(x: tf.Tensor): tf.Tensor {
    return tf.concat(
      [this.branch1, this.branch2, this.branch3, this.branch4].map((branch) => branch.call(x)),
      -1,
    );
  }
}

/** GoogLeNet's auxiliary classifier: 4x4 average pooling, 1x1 convolution, two linear layers. */
export class InceptionAux extends Module<[tf.Tensor], tf.Tensor> {
  readonly pool = new AdaptiveAvgPool2d(4);
  readonly conv: BasicConv2d;
  readonly flatten = new Flatten();
  readonly fc1: Linear;
  readonly relu = new ReLU();
  readonly dropout: Dropout;
  fc2: Linear | Identity;

  constructor(inChannels: number, numClasses: number, dropRate = 0.7) {
    super();
    const weights = { weightInit: init.truncNormal({ std: 0.01 }) };
    this.conv = new BasicConv2d(inChannels, 128, 1, { std: 0.01 });
    this.fc1 = new Linear(2048, 1024, weights);
    this.dropout = new Dropout(dropRate);
    this.fc2 = classifierLayer(1024, numClasses, weights);
  }

  forward(x: tf.Tensor): tf.Tensor {
    const y = this.flatten.call(this.conv.call(this.pool.call(x)));
    return this.fc2.call(this.dropout.call(this.relu.call(this.fc1.call(y))));
  }
}

const xavier = { weightInit: init.xavierUniform() };

/** The course notes' Inception block: plain convolutions with ReLU, a true 5x5 branch. */
export class InceptionD2L extends Module<[tf.Tensor], tf.Tensor> {
  readonly relu = new ReLU();
  readonly p1_1: Conv2d;
  readonly p2_1: Conv2d;
  readonly p2_2: Conv2d;
  readonly p3_1: Conv2d;
  readonly p3_2: Conv2d;
  readonly p4_1 = new MaxPool2d(3, { stride: 1, padding: 1 });
  readonly p4_2: Conv2d;

  constructor(inChannels: number, [c1, c2, c3, c4]: InceptionWidths) {
    super();
    this.p1_1 = new Conv2d(inChannels, c1, 1, xavier);
    this.p2_1 = new Conv2d(inChannels, c2[0], 1, xavier);
    this.p2_2 = new Conv2d(c2[0], c2[1], 3, { padding: 1, ...xavier });
    this.p3_1 = new Conv2d(inChannels, c3[0], 1, xavier);
    this.p3_2 = new Conv2d(c3[0], c3[1], 5, { padding: 2, ...xavier });
    this.p4_2 = new Conv2d(inChannels, c4, 1, xavier);
  }

  forward(x: tf.Tensor): tf.Tensor {
    const activated = (conv: Conv2d, input: tf.Tensor) => this.relu.call(conv.call(input));
    return tf.concat(
      [
        activated(this.p1_1, x),
        activated(this.p2_2, activated(this.p2_1, x)),
        activated(this.p3_2, activated(this.p3_1, x)),
        activated(this.p4_2, this.p4_1.call(x)),
      ],
      -1,
    );
  }
}

export const avgPool3 = (): AvgPool2d => new AvgPool2d(3, { stride: 1, padding: 1 });
