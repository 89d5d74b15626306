import * as tf from '@tensorflow/tfjs-core';
import {
  type FeatureInfo,
  type ImageModel,
  type InputSpec,
  imagenetInput,
  type ModelOptions,
  Module,
  Sequential,
} from '@zoo/core';
import {
  BatchNorm2d,
  classifierLayer,
  GlobalAvgPool,
  type Identity,
  init,
  type Linear,
  MaxPool2d,
  ReLU,
} from '@zoo/layers';
import { conv, DenseBlock, transition } from './blocks.ts';

/** What distinguishes the variants; each can be given as an option too. */
export interface DenseNetConfig {
  /** Features that every layer adds (k in the paper). */
  growthRate: number;
  /** Layers per dense block. */
  blocks: readonly number[];
  /** Channels of the stem. */
  initFeatures: number;
  /** Width of the 1x1 convolutions, in growth rates; default 4. */
  bottleneck?: number;
}

export interface DenseNetOptions extends ModelOptions, Partial<DenseNetConfig> {}

/**
 * Huang, Liu, van der Maaten and Weinberger, "Densely Connected Convolutional Networks" (2016), DenseNet-BC. Names follow
 * torchvision's densenet.py. Input `[n, 224, 224, inChannels]`, at least 29 pixels; output `[n, numClasses]`.
 */
export class DenseNet extends Module<[tf.Tensor], tf.Tensor> implements ImageModel {
  readonly numFeatures: number;
  readonly featureInfo: readonly FeatureInfo[];
  readonly inputSpec: InputSpec;
  readonly features: Sequential;
  readonly pool = new GlobalAvgPool();
  classifier: Linear | Identity;

  constructor(config: DenseNetConfig, options: DenseNetOptions = {}) {
    super();
    const { numClasses = 1000, inChannels = 3, dropRate = 0 } = options;
    // Read one by one: whoever passes options on can tell which ones there are.
    const { growthRate = config.growthRate, blocks = config.blocks, initFeatures = config.initFeatures } = options;
    const { bottleneck = config.bottleneck ?? 4 } = options;
    const featureInfo: FeatureInfo[] = [{ name: 'features.relu0', channels: initFeatures, stride: 2 }];
    this.features = new Sequential({
      conv0: conv(inChannels, initFeatures, 7, 2),
      norm0: new BatchNorm2d(initFeatures),
      relu0: new ReLU(),
      pool0: new MaxPool2d(3, { stride: 2, padding: 1 }),
    });
    let channels = initFeatures;
    for (const [i, layers] of blocks.entries()) {
      this.features.append(new DenseBlock(layers, channels, growthRate, bottleneck, dropRate), `denseblock${i + 1}`);
      channels += layers * growthRate;
      featureInfo.push({ name: `features.denseblock${i + 1}`, channels, stride: 4 * 2 ** i });
      if (i === blocks.length - 1) continue;
      this.features.append(transition(channels), `transition${i + 1}`);
      channels = Math.floor(channels / 2);
    }
    this.features.append(new BatchNorm2d(channels), 'norm5');
    this.numFeatures = channels;
    this.featureInfo = featureInfo;
    this.classifier = classifierLayer(channels, numClasses, { biasInit: init.zeros() });
    this.inputSpec = imagenetInput({ channels: inChannels });
  }

  /** Normalized feature maps, before the last ReLU. */
  forwardFeatures(x: tf.Tensor): tf.Tensor {
    return this.features.call(x);
  }

  forwardHead(features: tf.Tensor, { preLogits = false }: { preLogits?: boolean } = {}): tf.Tensor {
    const pooled = this.pool.call(tf.relu(features));
    return preLogits ? pooled : this.classifier.call(pooled);
  }

  forward(x: tf.Tensor): tf.Tensor {
    return this.forwardHead(this.forwardFeatures(x));
  }

  resetClassifier(numClasses: number): void {
    const head = classifierLayer(this.numFeatures, numClasses, { biasInit: init.zeros() });
    this.classifier.dispose();
    this.classifier = head;
  }
}
