import type * as tf from '@tensorflow/tfjs-core';
import { type FeatureInfo, type InputSpec, imagenetInput, type ModelOptions, Sequential, ZooError } from '@zoo/core';
import {
  AdaptiveAvgPool2d,
  BatchNorm2d,
  type Conv2d,
  classifierLayer,
  Dropout,
  Flatten,
  type Identity,
  type Linear,
  MaxPool2d,
  PooledClassifier,
  ReLU,
} from '@zoo/layers';
import { BasicBlock, type Bottleneck, stem } from './blocks.ts';

export interface ResNetOptions extends ModelOptions {
  /** Start every residual block as the identity; about 0.2 points better (Goyal et al. 2017). */
  zeroInitResidual?: boolean;
  /** Dilate instead of striding in stages 2, 3, 4, for dense prediction; bottleneck nets only. */
  replaceStrideWithDilation?: readonly [boolean, boolean, boolean];
}

/** What distinguishes the variants. */
export interface ResNetConfig {
  block: typeof BasicBlock | typeof Bottleneck;
  /** Blocks per stage. */
  layers: readonly [number, number, number, number];
  groups?: number;
  widthPerGroup?: number;
}

const widths = [64, 128, 256, 512] as const;

/**
 * He, Zhang, Ren and Sun, "Deep Residual Learning for Image Recognition" (2015); ResNeXt (Xie et al. 2016) by `groups`,
 * Wide ResNet (Zagoruyko and Komodakis 2016) by `widthPerGroup`. Names follow torchvision's resnet.py. Input
 * `[n, 224, 224, inChannels]`, any size works; output `[n, numClasses]`.
 */
export class ResNet extends PooledClassifier {
  readonly numFeatures: number;
  readonly featureInfo: readonly FeatureInfo[];
  readonly inputSpec: InputSpec;
  readonly conv1: Conv2d;
  readonly bn1 = new BatchNorm2d(64);
  readonly relu = new ReLU();
  readonly maxpool = new MaxPool2d(3, { stride: 2, padding: 1 });
  readonly layer1: Sequential;
  readonly layer2: Sequential;
  readonly layer3: Sequential;
  readonly layer4: Sequential;
  readonly avgpool = new AdaptiveAvgPool2d(1);
  readonly flatten = new Flatten();
  readonly dropout: Dropout;
  fc: Linear | Identity;

  constructor(config: ResNetConfig, options: ResNetOptions = {}) {
    super();
    const {
      numClasses = 1000,
      inChannels = 3,
      dropRate = 0,
      replaceStrideWithDilation = [false, false, false],
    } = options;
    if (replaceStrideWithDilation.length !== 3) {
      throw new ZooError(
        'INVALID_ARGUMENT',
        `replaceStrideWithDilation has one entry for each of layer2, layer3, layer4; got ${replaceStrideWithDilation.length}.`,
      );
    }
    if (config.block === BasicBlock && replaceStrideWithDilation.some(Boolean)) {
      throw new ZooError(
        'NOT_SUPPORTED',
        'Dilation instead of stride needs bottleneck blocks: use resnet50 or deeper.',
      );
    }
    this.conv1 = stem(inChannels);
    const stages = buildStages(config, options.zeroInitResidual ?? false, replaceStrideWithDilation);
    [this.layer1, this.layer2, this.layer3, this.layer4] = stages.layers;
    this.numFeatures = 512 * config.block.expansion;
    this.featureInfo = stages.featureInfo;
    this.dropout = new Dropout(dropRate);
    this.fc = classifierLayer(this.numFeatures, numClasses);
    this.inputSpec = imagenetInput({ channels: inChannels });
  }

  forwardFeatures(x: tf.Tensor): tf.Tensor {
    const y = this.maxpool.call(this.relu.call(this.bn1.call(this.conv1.call(x))));
    return this.layer4.call(this.layer3.call(this.layer2.call(this.layer1.call(y))));
  }

  protected pooled(features: tf.Tensor): tf.Tensor {
    return this.flatten.call(this.avgpool.call(features));
  }
}

type Four<T> = [T, T, T, T];

function buildStages(
  { block: Block, layers, groups = 1, widthPerGroup = 64 }: ResNetConfig,
  zeroInit: boolean,
  dilated: readonly boolean[],
): { layers: Four<Sequential>; featureInfo: FeatureInfo[] } {
  const featureInfo: FeatureInfo[] = [{ name: 'relu', channels: 64, stride: 2 }];
  let inChannels = 64;
  let reduction = 4;
  let dilation = 1;
  const stages = widths.map((planes, stage) => {
    const former = dilation;
    const wanted = stage === 0 ? 1 : 2;
    const dilate = stage > 0 && dilated[stage - 1] === true;
    const stride = dilate ? 1 : wanted;
    if (dilate) dilation *= wanted;
    reduction *= stride;
    const shared = { planes, groups, baseWidth: widthPerGroup, zeroInit };
    const blocks = Array.from({ length: layers[stage]! }, (_, i) => {
      // The first block still sees the former stage's resolution.
      const block = new Block({
        ...shared,
        inChannels,
        stride: i === 0 ? stride : 1,
        dilation: i === 0 ? former : dilation,
      });
      inChannels = planes * Block.expansion;
      return block;
    });
    featureInfo.push({ name: `layer${stage + 1}`, channels: inChannels, stride: reduction });
    return new Sequential(...blocks);
  });
  return { layers: stages as Four<Sequential>, featureInfo };
}
