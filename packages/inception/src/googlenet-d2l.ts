import type * as tf from '@tensorflow/tfjs-core';
import { type FeatureInfo, type InputSpec, type ModelOptions, plainInput, Sequential } from '@zoo/core';
import {
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
import { InceptionD2L } from './blocks.ts';

const xavier = { weightInit: init.xavierUniform() };
const pool = (): MaxPool2d => new MaxPool2d(3, { stride: 2, padding: 1 });

/**
 * GoogLeNet of the course notes: nine Inception blocks without batch norm or auxiliary classifiers. Input
 * `[n, 96, 96, inChannels]` by default, any size works; output `[n, numClasses]`.
 */
export class GoogLeNetD2L extends PooledClassifier {
  readonly numFeatures = 1024;
  readonly inputSpec: InputSpec;
  readonly featureInfo: readonly FeatureInfo[] = [64, 192, 480, 832].map((channels, i) => ({
    name: `b${i + 1}`,
    channels,
    stride: 2 ** (i + 2),
  }));
  readonly b1: Sequential;
  readonly b2 = new Sequential(
    new Conv2d(64, 64, 1, xavier),
    new ReLU(),
    new Conv2d(64, 192, 3, { padding: 1, ...xavier }),
    new ReLU(),
    pool(),
  );
  readonly b3 = new Sequential(
    new InceptionD2L(192, [64, [96, 128], [16, 32], 32]),
    new InceptionD2L(256, [128, [128, 192], [32, 96], 64]),
    pool(),
  );
  readonly b4 = new Sequential(
    new InceptionD2L(480, [192, [96, 208], [16, 48], 64]),
    new InceptionD2L(512, [160, [112, 224], [24, 64], 64]),
    new InceptionD2L(512, [128, [128, 256], [24, 64], 64]),
    new InceptionD2L(512, [112, [144, 288], [32, 64], 64]),
    new InceptionD2L(528, [256, [160, 320], [32, 128], 128]),
    pool(),
  );
  readonly b5 = new Sequential(
    new InceptionD2L(832, [256, [160, 320], [32, 128], 128]),
    new InceptionD2L(832, [384, [192, 384], [48, 128], 128]),
    new GlobalAvgPool(),
  );
  readonly dropout: Dropout;
  fc: Linear | Identity;

  constructor({ numClasses = 10, inChannels = 1, dropRate = 0 }: ModelOptions = {}) {
    super();
    this.b1 = new Sequential(new Conv2d(inChannels, 64, 7, { stride: 2, padding: 3, ...xavier }), new ReLU(), pool());
    this.dropout = new Dropout(dropRate);
    this.fc = classifierLayer(this.numFeatures, numClasses, xavier);
    this.inputSpec = plainInput({ channels: inChannels, size: 96 });
  }

  /** Averaged features, `[n, 1024]`: the last stage of the notes includes the pooling. */
  forwardFeatures(x: tf.Tensor): tf.Tensor {
    return [this.b1, this.b2, this.b3, this.b4, this.b5].reduce((y, part) => part.call(y), x);
  }

  protected pooled(features: tf.Tensor): tf.Tensor {
    return features;
  }

  protected override headInit(): LinearOptions {
    return xavier;
  }
}
