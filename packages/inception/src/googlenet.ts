import type * as tf from '@tensorflow/tfjs-core';
import { type FeatureInfo, type InputSpec, imagenetInput, type ModelOptions, ZooError } from '@zoo/core';
import {
  AdaptiveAvgPool2d,
  classifierLayer,
  Dropout,
  Flatten,
  type Identity,
  init,
  type Linear,
  type LinearOptions,
  MaxPool2d,
  PooledClassifier,
} from '@zoo/layers';
import { type AuxiliaryModel, toInceptionRange } from './auxiliary.ts';
import { BasicConv2d, Inception, InceptionAux, type InceptionWidths, outChannels } from './blocks.ts';

export interface GoogLeNetOptions extends ModelOptions {
  /** Build the two auxiliary classifiers; default true, as torchvision does without weights. */
  auxLogits?: boolean;
  /** Take images normalized with ImageNet's statistics to [-1, 1]; RGB only; default false. */
  transformInput?: boolean;
}

/** Table 1 of the paper. */
const widths = {
  '3a': [64, [96, 128], [16, 32], 32],
  '3b': [128, [128, 192], [32, 96], 64],
  '4a': [192, [96, 208], [16, 48], 64],
  '4b': [160, [112, 224], [24, 64], 64],
  '4c': [128, [128, 256], [24, 64], 64],
  '4d': [112, [144, 288], [32, 64], 64],
  '4e': [256, [160, 320], [32, 128], 128],
  '5a': [256, [160, 320], [32, 128], 128],
  '5b': [384, [192, 384], [48, 128], 128],
} as const satisfies Record<string, InceptionWidths>;

const dense = { weightInit: init.truncNormal({ std: 0.01 }) };
const pool = (kernel: number): MaxPool2d => new MaxPool2d(kernel, { stride: 2, ceilMode: true });

/**
 * Szegedy et al., "Going Deeper with Convolutions" (2014), in torchvision's form with batch norm. Input
 * `[n, 224, 224, inChannels]`, at least 15 pixels; output `[n, numClasses]`.
 */
export class GoogLeNet extends PooledClassifier implements AuxiliaryModel {
  readonly numFeatures = 1024;
  readonly auxWeight = 0.3;
  readonly inputSpec: InputSpec;
  readonly featureInfo: readonly FeatureInfo[] = [
    { name: 'conv1', channels: 64, stride: 2 },
    { name: 'conv3', channels: 192, stride: 4 },
    { name: 'inception3b', channels: 480, stride: 8 },
    { name: 'inception4e', channels: 832, stride: 16 },
    { name: 'inception5b', channels: 1024, stride: 32 },
  ];
  readonly conv1: BasicConv2d;
  readonly maxpool1 = pool(3);
  readonly conv2 = new BasicConv2d(64, 64, 1, { std: 0.01 });
  readonly conv3 = new BasicConv2d(64, 192, 3, { padding: 1, std: 0.01 });
  readonly maxpool2 = pool(3);
  readonly inception3a = new Inception(192, widths['3a']);
  readonly inception3b = new Inception(outChannels(widths['3a']), widths['3b']);
  readonly maxpool3 = pool(3);
  readonly inception4a = new Inception(outChannels(widths['3b']), widths['4a']);
  readonly inception4b = new Inception(outChannels(widths['4a']), widths['4b']);
  readonly inception4c = new Inception(outChannels(widths['4b']), widths['4c']);
  readonly inception4d = new Inception(outChannels(widths['4c']), widths['4d']);
  readonly inception4e = new Inception(outChannels(widths['4d']), widths['4e']);
  readonly maxpool4 = pool(2);
  readonly inception5a = new Inception(outChannels(widths['4e']), widths['5a']);
  readonly inception5b = new Inception(outChannels(widths['5a']), widths['5b']);
  readonly aux1: InceptionAux | undefined;
  readonly aux2: InceptionAux | undefined;
  readonly avgpool = new AdaptiveAvgPool2d(1);
  readonly flatten = new Flatten();
  readonly dropout: Dropout;
  fc: Linear | Identity;
  readonly #transformInput: boolean;

  constructor(options: GoogLeNetOptions = {}) {
    super();
    const { numClasses = 1000, inChannels = 3, dropRate = 0.2, auxLogits = true, transformInput = false } = options;
    if (transformInput && inChannels !== 3)
      throw new ZooError('INVALID_ARGUMENT', `transformInput is for RGB images, not ${inChannels} channels.`);
    this.conv1 = new BasicConv2d(inChannels, 64, 7, { stride: 2, padding: 3, std: 0.01 });
    this.aux1 = auxLogits ? new InceptionAux(512, numClasses) : undefined;
    this.aux2 = auxLogits ? new InceptionAux(528, numClasses) : undefined;
    this.dropout = new Dropout(dropRate);
    this.fc = classifierLayer(this.numFeatures, numClasses, dense);
    this.inputSpec = imagenetInput({ channels: inChannels });
    this.#transformInput = transformInput;
  }

  forwardFeatures(x: tf.Tensor): tf.Tensor {
    return this.#stages(x).features;
  }

  protected pooled(features: tf.Tensor): tf.Tensor {
    return this.flatten.call(this.avgpool.call(features));
  }

  protected override headInit(): LinearOptions {
    return dense;
  }

  forwardWithAux(x: tf.Tensor): { logits: tf.Tensor; aux: tf.Tensor[] } {
    const { features, after4a, after4d } = this.#stages(x);
    const aux = this.aux1 && this.aux2 ? [this.aux2.call(after4d), this.aux1.call(after4a)] : [];
    return { logits: this.forwardHead(features), aux };
  }

  override resetClassifier(numClasses: number): void {
    super.resetClassifier(numClasses);
    for (const aux of [this.aux1, this.aux2]) {
      if (!aux) continue;
      aux.fc2.dispose();
      aux.fc2 = classifierLayer(1024, numClasses, dense);
    }
  }

  #stages(x: tf.Tensor): { features: tf.Tensor; after4a: tf.Tensor; after4d: tf.Tensor } {
    const input = this.#transformInput ? toInceptionRange(x) : x;
    const stem = this.conv3.call(this.conv2.call(this.maxpool1.call(this.conv1.call(input))));
    const third = this.inception3b.call(this.inception3a.call(this.maxpool2.call(stem)));
    const after4a = this.inception4a.call(this.maxpool3.call(third));
    const after4d = this.inception4d.call(this.inception4c.call(this.inception4b.call(after4a)));
    const fourth = this.inception4e.call(after4d);
    const features = this.inception5b.call(this.inception5a.call(this.maxpool4.call(fourth)));
    return { features, after4a, after4d };
  }
}
