import type * as tf from '@tensorflow/tfjs-core';
import {
  type FeatureInfo,
  type ImageModel,
  type InputSpec,
  type ModelOptions,
  Module,
  type Sequential,
  ZooError,
} from '@zoo/core';
import { Dropout, Flatten, Identity, Linear } from '@zoo/layers';
import { classifier, features, type LeNetConfig } from './blocks.ts';

export type LeNetOptions = ModelOptions;

/**
 * LeNet-5 (LeCun et al. 1998, "Gradient-Based Learning Applied to Document Recognition") in the forms that course notes
 * use: two 5x5 convolutions of 6 and 16 channels with pooling, then 120-84-classes. Input `[n, 28, 28, inChannels]`,
 * output `[n, numClasses]` logits.
 */
export class LeNet extends Module<[tf.Tensor], tf.Tensor> implements ImageModel {
  readonly numFeatures = 84;
  readonly featureInfo: readonly FeatureInfo[];
  readonly inputSpec: InputSpec;
  readonly features: Sequential;
  readonly flatten = new Flatten();
  readonly classifier: Sequential;
  readonly dropout: Dropout;

  constructor(config: LeNetConfig, options: LeNetOptions = {}) {
    super();
    const { numClasses = 10, inChannels = 1, dropRate = 0 } = options;
    if (!Number.isInteger(numClasses) || numClasses < 0) {
      throw new ZooError('INVALID_ARGUMENT', `numClasses is a whole number, 0 for none; got ${numClasses}.`);
    }
    this.features = features(config, inChannels);
    this.classifier = classifier(config, numClasses);
    this.dropout = new Dropout(dropRate);
    const stage = this.features.length / 2;
    this.featureInfo = [
      { name: `features.${stage - 1}`, channels: 6, stride: 2 },
      { name: `features.${2 * stage - 1}`, channels: 16, stride: 4 },
    ];
    this.inputSpec = {
      size: [28, 28],
      channels: inChannels,
      mean: new Array(inChannels).fill(0),
      std: new Array(inChannels).fill(1),
      interpolation: 'bilinear',
    };
  }

  forwardFeatures(x: tf.Tensor): tf.Tensor {
    return this.features.call(x);
  }

  forwardHead(features: tf.Tensor, { preLogits = false }: { preLogits?: boolean } = {}): tf.Tensor {
    const layers = [...this.classifier];
    const last = layers.pop()!;
    const hidden = layers.reduce<tf.Tensor>((y, layer) => layer.call(y), this.flatten.call(features));
    return preLogits ? hidden : last.call(this.dropout.call(hidden));
  }

  forward(x: tf.Tensor): tf.Tensor {
    return this.forwardHead(this.forwardFeatures(x));
  }

  resetClassifier(numClasses: number): void {
    const name = String(this.classifier.length - 1);
    this.classifier.at(-1).dispose();
    this.classifier.replace(name, numClasses > 0 ? new Linear(this.numFeatures, numClasses) : new Identity());
  }
}
