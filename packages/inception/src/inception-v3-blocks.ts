import * as tf from '@tensorflow/tfjs-core';
import { Module } from '@zoo/core';
import {
  AvgPool2d,
  classifierLayer,
  Flatten,
  GlobalAvgPool,
  type Identity,
  init,
  type Linear,
  MaxPool2d,
} from '@zoo/layers';
import { avgPool3, BasicConv2d } from './blocks.ts';

type Block = Module<[tf.Tensor], tf.Tensor>;

const chain = (x: tf.Tensor, ...modules: Block[]): tf.Tensor => modules.reduce((y, module) => module.call(y), x);
const join = (...parts: tf.Tensor[]): tf.Tensor => tf.concat(parts, -1);

/** 35x35: 1x1, 5x5, double 3x3 and pooling branches (figure 5 of the paper, with one 5x5 kept). */
export class InceptionA extends Module<[tf.Tensor], tf.Tensor> {
  readonly branch1x1: BasicConv2d;
  readonly branch5x5_1: BasicConv2d;
  readonly branch5x5_2 = new BasicConv2d(48, 64, 5, { padding: 2 });
  readonly branch3x3dbl_1: BasicConv2d;
  readonly branch3x3dbl_2 = new BasicConv2d(64, 96, 3, { padding: 1 });
  readonly branch3x3dbl_3 = new BasicConv2d(96, 96, 3, { padding: 1 });
  readonly pool = avgPool3();
  readonly branch_pool: BasicConv2d;

  constructor(inChannels: number, poolFeatures: number) {
    super();
    this.branch1x1 = new BasicConv2d(inChannels, 64, 1);
    this.branch5x5_1 = new BasicConv2d(inChannels, 48, 1);
    this.branch3x3dbl_1 = new BasicConv2d(inChannels, 64, 1);
    this.branch_pool = new BasicConv2d(inChannels, poolFeatures, 1);
  }

  forward(x: tf.Tensor): tf.Tensor {
    return join(
      this.branch1x1.call(x),
      chain(x, this.branch5x5_1, this.branch5x5_2),
      chain(x, this.branch3x3dbl_1, this.branch3x3dbl_2, this.branch3x3dbl_3),
      chain(x, this.pool, this.branch_pool),
    );
  }
}

/** 35x35 to 17x17. */
export class InceptionB extends Module<[tf.Tensor], tf.Tensor> {
  readonly branch3x3: BasicConv2d;
  readonly branch3x3dbl_1: BasicConv2d;
  readonly branch3x3dbl_2 = new BasicConv2d(64, 96, 3, { padding: 1 });
  readonly branch3x3dbl_3 = new BasicConv2d(96, 96, 3, { stride: 2 });
  readonly pool = new MaxPool2d(3, { stride: 2 });

  constructor(inChannels: number) {
    super();
    this.branch3x3 = new BasicConv2d(inChannels, 384, 3, { stride: 2 });
    this.branch3x3dbl_1 = new BasicConv2d(inChannels, 64, 1);
  }

  forward(x: tf.Tensor): tf.Tensor {
    const double = chain(x, this.branch3x3dbl_1, this.branch3x3dbl_2, this.branch3x3dbl_3);
    return join(this.branch3x3.call(x), double, this.pool.call(x));
  }
}

const row = (inChannels: number, outChannels: number): BasicConv2d =>
  new BasicConv2d(inChannels, outChannels, [1, 7], { padding: [0, 3] });
const column = (inChannels: number, outChannels: number): BasicConv2d =>
  new BasicConv2d(inChannels, outChannels, [7, 1], { padding: [3, 0] });

/** 17x17: 7x7 convolutions split into 1x7 and 7x1 (figure 6). */
export class InceptionC extends Module<[tf.Tensor], tf.Tensor> {
  readonly branch1x1: BasicConv2d;
  readonly branch7x7_1: BasicConv2d;
  readonly branch7x7_2: BasicConv2d;
  readonly branch7x7_3: BasicConv2d;
  readonly branch7x7dbl_1: BasicConv2d;
  readonly branch7x7dbl_2: BasicConv2d;
  readonly branch7x7dbl_3: BasicConv2d;
  readonly branch7x7dbl_4: BasicConv2d;
  readonly branch7x7dbl_5: BasicConv2d;
  readonly pool = avgPool3();
  readonly branch_pool: BasicConv2d;

  constructor(inChannels: number, width: number) {
    super();
    this.branch1x1 = new BasicConv2d(inChannels, 192, 1);
    this.branch7x7_1 = new BasicConv2d(inChannels, width, 1);
    this.branch7x7_2 = row(width, width);
    this.branch7x7_3 = column(width, 192);
    this.branch7x7dbl_1 = new BasicConv2d(inChannels, width, 1);
    this.branch7x7dbl_2 = column(width, width);
    this.branch7x7dbl_3 = row(width, width);
    this.branch7x7dbl_4 = column(width, width);
    this.branch7x7dbl_5 = row(width, 192);
    this.branch_pool = new BasicConv2d(inChannels, 192, 1);
  }

  forward(x: tf.Tensor): tf.Tensor {
    return join(
      this.branch1x1.call(x),
      chain(x, this.branch7x7_1, this.branch7x7_2, this.branch7x7_3),
      chain(x, this.branch7x7dbl_1, this.branch7x7dbl_2, this.branch7x7dbl_3, this.branch7x7dbl_4, this.branch7x7dbl_5),
      chain(x, this.pool, this.branch_pool),
    );
  }
}

/** 17x17 to 8x8. */
export class InceptionD extends Module<[tf.Tensor], tf.Tensor> {
  readonly branch3x3_1: BasicConv2d;
  readonly branch3x3_2 = new BasicConv2d(192, 320, 3, { stride: 2 });
  readonly branch7x7x3_1: BasicConv2d;
  readonly branch7x7x3_2 = row(192, 192);
  readonly branch7x7x3_3 = column(192, 192);
  readonly branch7x7x3_4 = new BasicConv2d(192, 192, 3, { stride: 2 });
  readonly pool = new MaxPool2d(3, { stride: 2 });

  constructor(inChannels: number) {
    super();
    this.branch3x3_1 = new BasicConv2d(inChannels, 192, 1);
    this.branch7x7x3_1 = new BasicConv2d(inChannels, 192, 1);
  }

  forward(x: tf.Tensor): tf.Tensor {
    const seven = chain(x, this.branch7x7x3_1, this.branch7x7x3_2, this.branch7x7x3_3, this.branch7x7x3_4);
    return join(chain(x, this.branch3x3_1, this.branch3x3_2), seven, this.pool.call(x));
  }
}

/** 8x8: 3x3 convolutions that fork into 1x3 and 3x1 (figure 7). */
export class InceptionE extends Module<[tf.Tensor], tf.Tensor> {
  readonly branch1x1: BasicConv2d;
  readonly branch3x3_1: BasicConv2d;
  readonly branch3x3_2a = new BasicConv2d(384, 384, [1, 3], { padding: [0, 1] });
  readonly branch3x3_2b = new BasicConv2d(384, 384, [3, 1], { padding: [1, 0] });
  readonly branch3x3dbl_1: BasicConv2d;
  readonly branch3x3dbl_2 = new BasicConv2d(448, 384, 3, { padding: 1 });
  readonly branch3x3dbl_3a = new BasicConv2d(384, 384, [1, 3], { padding: [0, 1] });
  readonly branch3x3dbl_3b = new BasicConv2d(384, 384, [3, 1], { padding: [1, 0] });
  readonly pool = avgPool3();
  readonly branch_pool: BasicConv2d;

  constructor(inChannels: number) {
    super();
    this.branch1x1 = new BasicConv2d(inChannels, 320, 1);
    this.branch3x3_1 = new BasicConv2d(inChannels, 384, 1);
    this.branch3x3dbl_1 = new BasicConv2d(inChannels, 448, 1);
    this.branch_pool = new BasicConv2d(inChannels, 192, 1);
  }

  forward(x: tf.Tensor): tf.Tensor {
    const three = this.branch3x3_1.call(x);
    const double = chain(x, this.branch3x3dbl_1, this.branch3x3dbl_2);
    return join(
      this.branch1x1.call(x),
      join(this.branch3x3_2a.call(three), this.branch3x3_2b.call(three)),
      join(this.branch3x3dbl_3a.call(double), this.branch3x3dbl_3b.call(double)),
      chain(x, this.pool, this.branch_pool),
    );
  }
}

/** Auxiliary classifier on the 17x17 features; needs images of at least 267 pixels or so, where 5x5 remain after pooling. */
export class InceptionV3Aux extends Module<[tf.Tensor], tf.Tensor> {
  readonly pool = new AvgPool2d(5, { stride: 3 });
  readonly conv0: BasicConv2d;
  readonly conv1 = new BasicConv2d(128, 768, 5, { std: 0.01 });
  readonly mean = new GlobalAvgPool();
  readonly flatten = new Flatten();
  fc: Linear | Identity;

  constructor(inChannels: number, numClasses: number) {
    super();
    this.conv0 = new BasicConv2d(inChannels, 128, 1);
    this.fc = auxClassifier(numClasses);
  }

  forward(x: tf.Tensor): tf.Tensor {
    return this.fc.call(this.flatten.call(this.mean.call(this.conv1.call(this.conv0.call(this.pool.call(x))))));
  }
}

export const auxClassifier = (numClasses: number): Linear | Identity =>
  classifierLayer(768, numClasses, { weightInit: init.truncNormal({ std: 0.001 }) });
