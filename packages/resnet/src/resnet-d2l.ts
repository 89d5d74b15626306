import * as tf from '@tensorflow/tfjs-core';
import {
  type FeatureInfo,
  type InputSpec,
  type ModelOptions,
  Module,
  plainInput,
  Sequential,
  ZooError,
} from '@zoo/core';
import {
  BatchNorm2d,
  Conv2d,
  classifierLayer,
  Dropout,
  GlobalAvgPool,
  type Identity,
  init,
  type Linear,
  type LinearOptions,
  MaxPool2d,
  PooledClassifier,
  ReLU,
} from '@zoo/layers';

const weights = { weightInit: init.xavierUniform() };

/** The notes' residual block: convolutions have biases, and the shortcut is a bare 1x1 convolution. */
export class Residual extends Module<[tf.Tensor], tf.Tensor> {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly relu = new ReLU();
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly conv3: Conv2d | undefined;

  constructor(
    inChannels: number,
    outChannels: number,
    { project = false, stride = 1 }: { project?: boolean; stride?: number } = {},
  ) {
    super();
    this.conv1 = new Conv2d(inChannels, outChannels, 3, { stride, padding: 1, ...weights });
    this.bn1 = new BatchNorm2d(outChannels);
    this.conv2 = new Conv2d(outChannels, outChannels, 3, { padding: 1, ...weights });
    this.bn2 = new BatchNorm2d(outChannels);
    this.conv3 = project ? new Conv2d(inChannels, outChannels, 1, { stride, ...weights }) : undefined;
  }

  forward(x: tf.Tensor): tf.Tensor {
    const hidden = this.relu.call(this.bn1.call(this.conv1.call(x)));
    const residual = this.bn2.call(this.conv2.call(hidden));
    return this.relu.call(tf.add(residual, this.conv3?.call(x) ?? x));
  }
}

const stage = (inChannels: number, outChannels: number, first = false): Sequential =>
  new Sequential(
    new Residual(inChannels, outChannels, { project: !first, stride: first ? 1 : 2 }),
    new Residual(outChannels, outChannels),
  );

export interface ResNetD2LOptions extends ModelOptions {
  /** Widths of the four stages; default 64, 128, 256, 512. */
  channels?: readonly [number, number, number, number];
}

/** ResNet-18 of the course notes: input `[n, 96, 96, inChannels]` by default, any size works; output `[n, numClasses]`. */
export class ResNetD2L extends PooledClassifier {
  readonly numFeatures: number;
  readonly inputSpec: InputSpec;
  readonly featureInfo: readonly FeatureInfo[];
  readonly b1: Sequential;
  readonly b2: Sequential;
  readonly b3: Sequential;
  readonly b4: Sequential;
  readonly b5: Sequential;
  readonly pool = new GlobalAvgPool();
  readonly dropout: Dropout;
  fc: Linear | Identity;

  constructor({
    numClasses = 10,
    inChannels = 1,
    dropRate = 0,
    channels = [64, 128, 256, 512],
  }: ResNetD2LOptions = {}) {
    super();
    if (channels.length !== 4 || !channels.every((width) => Number.isInteger(width) && width > 0)) {
      throw new ZooError(
        'INVALID_ARGUMENT',
        `channels has one width for each of the four stages, got [${channels.join(', ')}].`,
      );
    }
    const [first, second, third, last] = channels;
    const stem = new Conv2d(inChannels, first, 7, { stride: 2, padding: 3, ...weights });
    this.b1 = new Sequential(stem, new BatchNorm2d(first), new ReLU(), new MaxPool2d(3, { stride: 2, padding: 1 }));
    this.b2 = stage(first, first, true);
    this.b3 = stage(first, second);
    this.b4 = stage(second, third);
    this.b5 = stage(third, last);
    this.numFeatures = last;
    this.featureInfo = [first, ...channels].map((width, i) => ({
      name: `b${i + 1}`,
      channels: width,
      stride: Math.max(4, 2 ** (i + 1)),
    }));
    this.dropout = new Dropout(dropRate);
    this.fc = classifierLayer(this.numFeatures, numClasses, weights);
    this.inputSpec = plainInput({ channels: inChannels, size: 96 });
  }

  forwardFeatures(x: tf.Tensor): tf.Tensor {
    return [this.b1, this.b2, this.b3, this.b4, this.b5].reduce((y, part) => part.call(y), x);
  }

  protected pooled(features: tf.Tensor): tf.Tensor {
    return this.pool.call(features);
  }

  protected override headInit(): LinearOptions {
    return weights;
  }
}
