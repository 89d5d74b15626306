import { type AnyModule, type FeatureInfo, imagenetInput, type ModelOptions, plainInput, Sequential } from '@zoo/core';
import {
  AdaptiveAvgPool2d,
  Conv2d,
  classifierLayer,
  Dropout,
  init,
  Linear,
  MaxPool2d,
  ReLU,
  SequentialClassifier,
} from '@zoo/layers';

export interface AlexNetOptions extends ModelOptions {
  /** Width of the two hidden linear layers; default 4096. */
  hiddenFeatures?: number;
}

/** Five convolutions as (channels, kernel, stride, padding); pooling follows the first, second and last. */
type Convolutions = ReadonlyArray<readonly [channels: number, kernel: number, stride: number, padding: number]>;

const torchvision: Convolutions = [[64, 11, 4, 2], [192, 5, 1, 2], [384, 3, 1, 1], [256, 3, 1, 1], [256, 3, 1, 1]]; // biome-ignore format: a table
const notes: Convolutions = [[96, 11, 4, 1], [256, 5, 1, 2], [384, 3, 1, 1], [384, 3, 1, 1], [256, 3, 1, 1]]; // biome-ignore format: a table

function features(
  convolutions: Convolutions,
  inChannels: number,
  weights: object,
): { features: Sequential; featureInfo: FeatureInfo[] } {
  const layers: AnyModule[] = [];
  const featureInfo: FeatureInfo[] = [];
  let channels = inChannels;
  let stride = 1;
  for (const [i, [out, kernel, step, padding]] of convolutions.entries()) {
    layers.push(new Conv2d(channels, out, kernel, { stride: step, padding, ...weights }), new ReLU());
    stride *= step;
    if (i < 2 || i === convolutions.length - 1) {
      layers.push(new MaxPool2d(3, { stride: 2 }));
      stride *= 2;
      featureInfo.push({ name: `features.${layers.length - 1}`, channels: out, stride });
    }
    channels = out;
  }
  return { features: new Sequential(...layers), featureInfo };
}

/**
 * AlexNet in torchvision's form: Krizhevsky, "One weird trick for parallelizing convolutional neural networks" (2014),
 * without local response normalization. Input `[n, 224, 224, inChannels]`; smaller images work from 63 pixels on.
 */
export class AlexNet extends SequentialClassifier {
  constructor(options: AlexNetOptions = {}) {
    const { numClasses = 1000, inChannels = 3, dropRate = 0.5, hiddenFeatures = 4096 } = options;
    super({
      ...features(torchvision, inChannels, {}),
      avgpool: new AdaptiveAvgPool2d(6),
      classifier: new Sequential(
        new Dropout(dropRate),
        new Linear(256 * 6 * 6, hiddenFeatures),
        new ReLU(),
        new Dropout(dropRate),
        new Linear(hiddenFeatures, hiddenFeatures),
        new ReLU(),
        classifierLayer(hiddenFeatures, numClasses),
      ),
      numFeatures: hiddenFeatures,
      inputSpec: imagenetInput({ channels: inChannels }),
    });
  }
}

/**
 * AlexNet in the course notes' form: 96-256-384-384-256 channels as in Krizhevsky et al. (2012), dropout after the
 * activations, one input channel. Input `[n, 224, 224, inChannels]`; the classifier fits this size only.
 */
export class AlexNetD2L extends SequentialClassifier {
  constructor(options: AlexNetOptions = {}) {
    const { numClasses = 10, inChannels = 1, dropRate = 0.5, hiddenFeatures = 4096 } = options;
    const xavier = { weightInit: init.xavierUniform() };
    super({
      ...features(notes, inChannels, xavier),
      classifier: new Sequential(
        new Linear(256 * 5 * 5, hiddenFeatures, xavier),
        new ReLU(),
        new Dropout(dropRate),
        new Linear(hiddenFeatures, hiddenFeatures, xavier),
        new ReLU(),
        new Dropout(dropRate),
        classifierLayer(hiddenFeatures, numClasses, xavier),
      ),
      numFeatures: hiddenFeatures,
      inputSpec: plainInput({ channels: inChannels, size: 224 }),
      headInit: xavier,
    });
  }
}
