import { definePlugin, seeded } from '@zoo/core';
import type { LeNetConfig } from './blocks.ts';
import { LeNet, type LeNetOptions } from './lenet.ts';
import { lenetWeights } from './weights.ts';

const variant =
  (config: LeNetConfig) =>
  (options: LeNetOptions = {}): LeNet =>
    seeded(options.seed, () => new LeNet(config, options));

/** Sigmoid activations and average pooling: the notes' LeNet. */
export const lenet5 = variant({ activation: 'sigmoid', pool: 'average', batchNorm: false });

/** ReLU activations and average pooling: trains much faster than `lenet5`. */
export const lenet5_relu = variant({ activation: 'relu', pool: 'average', batchNorm: false });

/** Sigmoid activations and max pooling, first convolution unpadded. */
export const lenet_maxpool = variant({ activation: 'sigmoid', pool: 'max', batchNorm: false });

/** `lenet_maxpool` with batch normalization before every sigmoid. */
export const lenet_bn = variant({ activation: 'sigmoid', pool: 'max', batchNorm: true });

/** The family as a plug-in: `createRegistry().use(lenet).create('lenet5_relu')`. */
export const lenet = definePlugin({
  name: '@zoo/lenet',
  models: { lenet5, lenet5_relu, lenet_maxpool, lenet_bn },
  weights: lenetWeights,
});
