import type * as tf from '@tensorflow/tfjs-core';
import {
  type AnyModule,
  type FeatureInfo,
  type ImageModel,
  type InputSpec,
  type ModelOptions,
  Module,
  Sequential,
  ZooError,
} from '@zoo/core';
import { classifierLayer, Dropout, Flatten, type Identity, Linear, ReLU } from '@zoo/layers';

export interface MLPOptions extends ModelOptions {
  /** Height and width of the images; default 28. */
  imageSize?: readonly [number, number];
  /** Widths of the hidden layers; none is softmax regression. */
  hidden?: readonly number[];
}

/**
 * Flattened pixels through fully connected layers with ReLU between them; dropout, if any, after each hidden layer.
 * `[n, h, w, c]` images to `[n, numClasses]` logits. Without hidden layers it is softmax regression.
 */
export class MLP extends Module<[tf.Tensor], tf.Tensor> implements ImageModel {
  readonly numFeatures: number;
  readonly featureInfo: readonly FeatureInfo[];
  readonly inputSpec: InputSpec;
  readonly flatten = new Flatten();
  readonly hidden: Sequential;
  output: Linear | Identity;

  constructor(options: MLPOptions = {}) {
    super();
    const { numClasses = 10, inChannels = 1, dropRate = 0, imageSize = [28, 28], hidden = [256] } = options;
    const widths = [imageSize[0] * imageSize[1] * inChannels, ...hidden];
    if (!widths.every((width) => Number.isInteger(width) && width > 0)) {
      throw new ZooError('INVALID_ARGUMENT', `Layer widths are positive whole numbers, got ${widths.join(', ')}.`);
    }
    const layers = hidden.flatMap((width, i): AnyModule[] => [
      new Linear(widths[i]!, width),
      new ReLU(),
      ...(dropRate > 0 ? [new Dropout(dropRate)] : []),
    ]);
    this.hidden = new Sequential(...layers);
    this.numFeatures = widths.at(-1)!;
    this.output = classifierLayer(this.numFeatures, numClasses);
    const perLayer = dropRate > 0 ? 3 : 2;
    const [height] = imageSize;
    this.featureInfo = hidden.map((channels, i) => ({
      name: `hidden.${(i + 1) * perLayer - 1}`,
      channels,
      stride: height,
    }));
    this.inputSpec = {
      size: imageSize,
      channels: inChannels,
      mean: new Array(inChannels).fill(0),
      std: new Array(inChannels).fill(1),
      interpolation: 'bilinear',
    };
  }

  /** The last hidden layer's output, `[n, numFeatures]`; the flattened pixels when there is none. */
  forwardFeatures(x: tf.Tensor): tf.Tensor {
    return this.hidden.call(this.flatten.call(x));
  }

  forwardHead(features: tf.Tensor, { preLogits = false }: { preLogits?: boolean } = {}): tf.Tensor {
    return preLogits ? features : this.output.call(features);
  }

  forward(x: tf.Tensor): tf.Tensor {
    return this.forwardHead(this.forwardFeatures(x));
  }

  resetClassifier(numClasses: number): void {
    this.output.dispose();
    this.output = classifierLayer(this.numFeatures, numClasses);
  }
}
