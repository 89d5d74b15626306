import type * as tf from '@tensorflow/tfjs-core';
import {
  type FeatureInfo,
  type ImageModel,
  type InputSpec,
  type ModelOptions,
  Module,
  Sequential,
  ZooError,
} from '@zoo/core';
import { AdaptiveAvgPool2d, Dropout, Flatten, Identity, Linear } from '@zoo/layers';
import { stage } from './blocks.ts';

/** What distinguishes the variants. */
export interface TemplateNetConfig {
  /** Output channels of each stage; every stage halves height and width. */
  channels: readonly number[];
}

/**
 * Stages of convolution and pooling, then the mean over positions and one linear layer. Input `[n, h, w, inChannels]`
 * with sides divisible by 2 per stage, output `[n, numClasses]` logits.
 */
export class TemplateNet extends Module<[tf.Tensor], tf.Tensor> implements ImageModel {
  readonly numFeatures: number;
  readonly featureInfo: readonly FeatureInfo[];
  readonly inputSpec: InputSpec;
  readonly features: Sequential;
  readonly avgpool = new AdaptiveAvgPool2d(1);
  readonly flatten = new Flatten();
  readonly dropout: Dropout;
  classifier: Linear | Identity;

  constructor({ channels }: TemplateNetConfig, options: ModelOptions = {}) {
    super();
    const { numClasses = 10, inChannels = 1, dropRate = 0 } = options;
    const last = channels.at(-1);
    if (last === undefined) throw new ZooError('INVALID_ARGUMENT', 'channels needs at least one stage.');
    this.numFeatures = last;
    this.features = new Sequential(...channels.map((out, index) => stage(channels[index - 1] ?? inChannels, out)));
    this.dropout = new Dropout(dropRate);
    this.classifier = this.#head(numClasses);
    this.featureInfo = channels.map((out, index) => ({
      name: `features.${index}`,
      channels: out,
      stride: 2 ** (index + 1),
    }));
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
    const pooled = this.flatten.call(this.avgpool.call(features));
    return preLogits ? pooled : this.classifier.call(this.dropout.call(pooled));
  }

  forward(x: tf.Tensor): tf.Tensor {
    return this.forwardHead(this.forwardFeatures(x));
  }

  resetClassifier(numClasses: number): void {
    const head = this.#head(numClasses);
    this.classifier.dispose();
    this.classifier = head;
  }

  #head(numClasses: number): Linear | Identity {
    if (!Number.isInteger(numClasses) || numClasses < 0) {
      throw new ZooError('INVALID_ARGUMENT', `numClasses is a whole number, 0 for none; got ${numClasses}.`);
    }
    return numClasses > 0 ? new Linear(this.numFeatures, numClasses) : new Identity();
  }
}
