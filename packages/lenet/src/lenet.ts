import { type ModelOptions, plainInput } from '@zoo/core';
import { SequentialClassifier } from '@zoo/layers';
import { classifier, features, type LeNetConfig } from './blocks.ts';

export type LeNetOptions = ModelOptions;

/**
 * LeNet-5 (LeCun et al. 1998, "Gradient-Based Learning Applied to Document Recognition") in the forms that course notes
 * use: two 5x5 convolutions of 6 and 16 channels with pooling, then 120-84-classes. Input `[n, 28, 28, inChannels]`,
 * output `[n, numClasses]` logits.
 */
export class LeNet extends SequentialClassifier {
  constructor(config: LeNetConfig, options: LeNetOptions = {}) {
    const { numClasses = 10, inChannels = 1, dropRate = 0 } = options;
    const convolutions = features(config, inChannels);
    const stage = convolutions.length / 2;
    super({
      features: convolutions,
      classifier: classifier(config, numClasses, dropRate),
      numFeatures: 84,
      featureInfo: [
        { name: `features.${stage - 1}`, channels: 6, stride: 2 },
        { name: `features.${2 * stage - 1}`, channels: 16, stride: 4 },
      ],
      inputSpec: plainInput({ channels: inChannels }),
    });
  }
}
