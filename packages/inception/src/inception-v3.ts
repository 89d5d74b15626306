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
import { BasicConv2d } from './blocks.ts';
import {
  auxClassifier,
  InceptionA,
  InceptionB,
  InceptionC,
  InceptionD,
  InceptionE,
  InceptionV3Aux,
} from './inception-v3-blocks.ts';

export interface InceptionV3Options extends ModelOptions {
  /** Build the auxiliary classifier; default true, as in torchvision. */
  auxLogits?: boolean;
  /** Take images normalized with ImageNet's statistics to [-1, 1]; RGB only; default false. */
  transformInput?: boolean;
}

const dense = { weightInit: init.truncNormal({ std: 0.1 }) };

/**
 * Szegedy et al., "Rethinking the Inception Architecture for Computer Vision" (2015). Names follow torchvision's
 * inception.py. Input `[n, 299, 299, inChannels]`, at least 75 pixels; output `[n, numClasses]`.
 */
export class InceptionV3 extends PooledClassifier implements AuxiliaryModel {
  readonly numFeatures = 2048;
  readonly auxWeight = 0.4;
  readonly inputSpec: InputSpec;
  readonly featureInfo: readonly FeatureInfo[] = [
    { name: 'Conv2d_2b_3x3', channels: 64, stride: 2 },
    { name: 'Conv2d_4a_3x3', channels: 192, stride: 4 },
    { name: 'Mixed_5d', channels: 288, stride: 8 },
    { name: 'Mixed_6e', channels: 768, stride: 16 },
    { name: 'Mixed_7c', channels: 2048, stride: 32 },
  ];
  readonly Conv2d_1a_3x3: BasicConv2d;
  readonly Conv2d_2a_3x3 = new BasicConv2d(32, 32, 3);
  readonly Conv2d_2b_3x3 = new BasicConv2d(32, 64, 3, { padding: 1 });
  readonly maxpool1 = new MaxPool2d(3, { stride: 2 });
  readonly Conv2d_3b_1x1 = new BasicConv2d(64, 80, 1);
  readonly Conv2d_4a_3x3 = new BasicConv2d(80, 192, 3);
  readonly maxpool2 = new MaxPool2d(3, { stride: 2 });
  readonly Mixed_5b = new InceptionA(192, 32);
  readonly Mixed_5c = new InceptionA(256, 64);
  readonly Mixed_5d = new InceptionA(288, 64);
  readonly Mixed_6a = new InceptionB(288);
  readonly Mixed_6b = new InceptionC(768, 128);
  readonly Mixed_6c = new InceptionC(768, 160);
  readonly Mixed_6d = new InceptionC(768, 160);
  readonly Mixed_6e = new InceptionC(768, 192);
  readonly AuxLogits: InceptionV3Aux | undefined;
  readonly Mixed_7a = new InceptionD(768);
  readonly Mixed_7b = new InceptionE(1280);
  readonly Mixed_7c = new InceptionE(2048);
  readonly avgpool = new AdaptiveAvgPool2d(1);
  readonly dropout: Dropout;
  readonly flatten = new Flatten();
  fc: Linear | Identity;
  readonly #transformInput: boolean;

  constructor(options: InceptionV3Options = {}) {
    super();
    const { numClasses = 1000, inChannels = 3, dropRate = 0.5, auxLogits = true, transformInput = false } = options;
    if (transformInput && inChannels !== 3)
      throw new ZooError('INVALID_ARGUMENT', `transformInput is for RGB images, not ${inChannels} channels.`);
    this.Conv2d_1a_3x3 = new BasicConv2d(inChannels, 32, 3, { stride: 2 });
    this.AuxLogits = auxLogits ? new InceptionV3Aux(768, numClasses) : undefined;
    this.dropout = new Dropout(dropRate);
    this.fc = classifierLayer(this.numFeatures, numClasses, dense);
    this.inputSpec = imagenetInput({ channels: inChannels, size: 299, resize: 342 });
    this.#transformInput = transformInput;
  }

  forwardFeatures(x: tf.Tensor): tf.Tensor {
    return this.#upper(this.#lower(x));
  }

  protected pooled(features: tf.Tensor): tf.Tensor {
    return this.flatten.call(this.avgpool.call(features));
  }

  protected override headInit(): LinearOptions {
    return dense;
  }

  forwardWithAux(x: tf.Tensor): { logits: tf.Tensor; aux: tf.Tensor[] } {
    const middle = this.#lower(x);
    return { logits: this.forwardHead(this.#upper(middle)), aux: this.AuxLogits ? [this.AuxLogits.call(middle)] : [] };
  }

  override resetClassifier(numClasses: number): void {
    super.resetClassifier(numClasses);
    if (!this.AuxLogits) return;
    this.AuxLogits.fc.dispose();
    this.AuxLogits.fc = auxClassifier(numClasses);
  }

  /** Image to the 17x17 features that the auxiliary classifier sees. */
  #lower(x: tf.Tensor): tf.Tensor {
    const input = this.#transformInput ? toInceptionRange(x) : x;
    const stem = this.maxpool1.call(this.Conv2d_2b_3x3.call(this.Conv2d_2a_3x3.call(this.Conv2d_1a_3x3.call(input))));
    const wide = this.maxpool2.call(this.Conv2d_4a_3x3.call(this.Conv2d_3b_1x1.call(stem)));
    const fifth = this.Mixed_5d.call(this.Mixed_5c.call(this.Mixed_5b.call(wide)));
    return this.Mixed_6e.call(this.Mixed_6d.call(this.Mixed_6c.call(this.Mixed_6b.call(this.Mixed_6a.call(fifth)))));
  }

  #upper(x: tf.Tensor): tf.Tensor {
    return this.Mixed_7c.call(this.Mixed_7b.call(this.Mixed_7a.call(x)));
  }
}
