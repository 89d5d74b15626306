import type * as tf from '@tensorflow/tfjs-core';
import {
  type AnyModule,
  type FeatureInfo,
  type ImageModel,
  type InputSpec,
  type ModelOptions,
  Module,
  plainInput,
  Sequential,
  ZooError,
} from '@zoo/core';
import { Dropout, GlobalAvgPool, Identity, MaxPool2d } from '@zoo/layers';
import { ninBlock } from './blocks.ts';

export type NiNOptions = ModelOptions;

/**
 * Lin, Chen and Yan, "Network In Network" (2013), with AlexNet's convolutions as in the course notes: every convolution is
 * followed by two of 1x1, and the last block has one channel per class, averaged over all pixels. There is no fully
 * connected layer. Input `[n, 224, 224, inChannels]`, output `[n, numClasses]`.
 */
export class NiN extends Module<[tf.Tensor], tf.Tensor> implements ImageModel {
  readonly numFeatures = 384;
  readonly inputSpec: InputSpec;
  readonly featureInfo: readonly FeatureInfo[] = [
    { name: 'features.1', channels: 96, stride: 8 },
    { name: 'features.3', channels: 256, stride: 16 },
    { name: 'features.5', channels: 384, stride: 32 },
  ];
  readonly features: Sequential;

  constructor(options: NiNOptions = {}) {
    super();
    const { numClasses = 10, inChannels = 1, dropRate = 0.5 } = options;
    const pool = () => new MaxPool2d(3, { stride: 2 });
    this.features = new Sequential(
      ninBlock(inChannels, 96, 11, { stride: 4 }),
      pool(),
      ninBlock(96, 256, 5, { padding: 2 }),
      pool(),
      ninBlock(256, 384, 3, { padding: 1 }),
      pool(),
      new Dropout(dropRate),
      classBlock(numClasses),
      new GlobalAvgPool(),
    );
    this.inputSpec = plainInput({ channels: inChannels, size: 224 });
  }

  /** The feature maps before the class block, `[n, 5, 5, 384]` for 224 pixels. */
  forwardFeatures(x: tf.Tensor): tf.Tensor {
    return this.#run(x, 0, 6);
  }

  /** With `preLogits`, the mean of the features over all pixels: `[n, 384]`. */
  forwardHead(features: tf.Tensor, { preLogits = false }: { preLogits?: boolean } = {}): tf.Tensor {
    return preLogits ? this.features.at(8).call(features) : this.#run(features, 6, 9);
  }

  forward(x: tf.Tensor): tf.Tensor {
    return this.features.call(x);
  }

  resetClassifier(numClasses: number): void {
    const block = classBlock(numClasses);
    this.features.at(7).dispose();
    this.features.replace('7', block);
  }

  #run(x: tf.Tensor, from: number, to: number): tf.Tensor {
    return [...this.features].slice(from, to).reduce<tf.Tensor>((y, layer) => layer.call(y), x);
  }
}

function classBlock(numClasses: number): AnyModule {
  if (!Number.isInteger(numClasses) || numClasses < 0) {
    throw new ZooError('INVALID_ARGUMENT', `numClasses is a whole number, 0 for none; got ${numClasses}.`);
  }
  return numClasses > 0 ? ninBlock(384, numClasses, 3, { padding: 1 }) : new Identity();
}
