import { type AnyModule, Sequential } from '@zoo/core';
import { AvgPool2d, BatchNorm1d, BatchNorm2d, Conv2d, Identity, Linear, MaxPool2d, ReLU, Sigmoid } from '@zoo/layers';

/** What distinguishes the variants. */
export interface LeNetConfig {
  activation: 'sigmoid' | 'relu';
  /** `average` pads the first convolution by 2 (28 -> 14 -> 5); `max` does not (28 -> 12 -> 4). */
  pool: 'average' | 'max';
  batchNorm: boolean;
}

const activation = (config: LeNetConfig): AnyModule => (config.activation === 'relu' ? new ReLU() : new Sigmoid());
const pool = (config: LeNetConfig): AnyModule => (config.pool === 'max' ? new MaxPool2d(2) : new AvgPool2d(2));

/** Convolution, batch norm if any, activation, pooling; twice. `[n, 28, 28, c]` to `[n, 5, 5, 16]` or `[n, 4, 4, 16]`. */
export function features(config: LeNetConfig, inChannels: number): Sequential {
  const padding = config.pool === 'average' ? 2 : 0;
  const stage = (conv: Conv2d, channels: number): AnyModule[] => [
    conv,
    ...(config.batchNorm ? [new BatchNorm2d(channels)] : []),
    activation(config),
    pool(config),
  ];
  return new Sequential(...stage(new Conv2d(inChannels, 6, 5, { padding }), 6), ...stage(new Conv2d(6, 16, 5), 16));
}

/** Fully connected layers 120 and 84, then the classes; without classes the last layer passes its input on. */
export function classifier(config: LeNetConfig, numClasses: number): Sequential {
  const hidden = (inFeatures: number, outFeatures: number): AnyModule[] => [
    new Linear(inFeatures, outFeatures),
    ...(config.batchNorm ? [new BatchNorm1d(outFeatures)] : []),
    activation(config),
  ];
  const flattened = config.pool === 'average' ? 16 * 5 * 5 : 16 * 4 * 4;
  const output = numClasses > 0 ? new Linear(84, numClasses) : new Identity();
  return new Sequential(...hidden(flattened, 120), ...hidden(120, 84), output);
}
