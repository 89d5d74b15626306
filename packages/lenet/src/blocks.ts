import { type AnyModule, Sequential } from '@zoo/core';
import {
  type AffineOptions,
  AvgPool2d,
  BatchNorm1d,
  BatchNorm2d,
  Conv2d,
  classifierLayer,
  Dropout,
  init,
  Linear,
  MaxPool2d,
  ReLU,
  Sigmoid,
} from '@zoo/layers';

/** What distinguishes the variants. */
export interface LeNetConfig {
  activation: 'sigmoid' | 'relu';
  /** `average` pads the first convolution by 2 (28 -> 14 -> 5); `max` does not (28 -> 12 -> 4). */
  pool: 'average' | 'max';
  batchNorm: boolean;
}

const activation = (config: LeNetConfig): AnyModule => (config.activation === 'relu' ? new ReLU() : new Sigmoid());
const pool = (config: LeNetConfig): AnyModule => (config.pool === 'max' ? new MaxPool2d(2) : new AvgPool2d(2));

/** Sigmoids hardly train from PyTorch's default; the notes start them from Xavier's. */
const weights = (config: LeNetConfig): AffineOptions =>
  config.activation === 'sigmoid' ? { weightInit: init.xavierUniform() } : {};

/** Convolution, batch norm if any, activation, pooling; twice. `[n, 28, 28, c]` to `[n, 5, 5, 16]` or `[n, 4, 4, 16]`. */
export function features(config: LeNetConfig, inChannels: number): Sequential {
  const padding = config.pool === 'average' ? 2 : 0;
  const stage = (conv: Conv2d, channels: number): AnyModule[] => [
    conv,
    ...(config.batchNorm ? [new BatchNorm2d(channels)] : []),
    activation(config),
    pool(config),
  ];
  return new Sequential(
    ...stage(new Conv2d(inChannels, 6, 5, { padding, ...weights(config) }), 6),
    ...stage(new Conv2d(6, 16, 5, weights(config)), 16),
  );
}

/** Fully connected layers 120 and 84, dropout if any, then the classes. */
export function classifier(config: LeNetConfig, numClasses: number, dropRate: number): Sequential {
  const hidden = (inFeatures: number, outFeatures: number): AnyModule[] => [
    new Linear(inFeatures, outFeatures, weights(config)),
    ...(config.batchNorm ? [new BatchNorm1d(outFeatures)] : []),
    activation(config),
  ];
  const flattened = config.pool === 'average' ? 16 * 5 * 5 : 16 * 4 * 4;
  const layers = [...hidden(flattened, 120), ...hidden(120, 84)];
  const sequence = new Sequential(...layers);
  // Named, so that the layers keep PyTorch's numbers.
  if (dropRate > 0) sequence.append(new Dropout(dropRate), 'dropout');
  return sequence.append(classifierLayer(84, numClasses, weights(config)), String(layers.length));
}
