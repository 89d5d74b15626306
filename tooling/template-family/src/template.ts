import type * as tf from '@tensorflow/tfjs-core';
import { type FeatureInfo, type InputSpec, type ModelOptions, plainInput, Sequential, ZooError } from '@zoo/core';
import {
  AdaptiveAvgPool2d,
  classifierLayer,
  Dropout,
  Flatten,
  type Identity,
  type Linear,
  PooledClassifier,
} from '@zoo/layers';
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
export class TemplateNet extends PooledClassifier {
  readonly numFeatures: number;
  readonly featureInfo: readonly FeatureInfo[];
  readonly inputSpec: InputSpec;
  readonly features: Sequential;
  readonly avgpool = new AdaptiveAvgPool2d(1);
  readonly flatten = new Flatten();
  readonly dropout: Dropout;
  fc: Linear | Identity;

  constructor({ channels }: TemplateNetConfig, options: ModelOptions = {}) {
    super();
    const { numClasses = 10, inChannels = 1, dropRate = 0 } = options;
    const last = channels.at(-1);
    if (last === undefined) throw new ZooError('INVALID_ARGUMENT', 'channels needs at least one stage.');
    this.numFeatures = last;
    this.features = new Sequential(...channels.map((out, index) => stage(channels[index - 1] ?? inChannels, out)));
    this.dropout = new Dropout(dropRate);
    this.fc = classifierLayer(last, numClasses);
    this.featureInfo = channels.map((out, index) => ({
      name: `features.${index}`,
      channels: out,
      stride: 2 ** (index + 1),
    }));
    this.inputSpec = plainInput({ channels: inChannels });
  }

  forwardFeatures(x: tf.Tensor): tf.Tensor {
    return this.features.call(x);
  }

  protected pooled(features: tf.Tensor): tf.Tensor {
    return this.flatten.call(this.avgpool.call(features));
  }
}
