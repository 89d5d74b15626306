import { definePlugin, seeded } from '@zoo/core';
import { DenseNet, type DenseNetConfig, type DenseNetOptions } from './densenet.ts';
import { DenseNetD2L, type DenseNetD2LConfig, type DenseNetD2LOptions } from './densenet-d2l.ts';
import { densenetWeights } from './weights.ts';

const variant =
  (config: DenseNetConfig) =>
  (options: DenseNetOptions = {}): DenseNet =>
    seeded(options.seed, () => new DenseNet(config, options));
const notesVariant =
  (config: DenseNetD2LConfig) =>
  (options: DenseNetD2LOptions = {}): DenseNetD2L =>
    seeded(options.seed, () => new DenseNetD2L(config, options));

export const densenet121 = variant({ growthRate: 32, blocks: [6, 12, 24, 16], initFeatures: 64 });
export const densenet161 = variant({ growthRate: 48, blocks: [6, 12, 36, 24], initFeatures: 96 });
export const densenet169 = variant({ growthRate: 32, blocks: [6, 12, 32, 32], initFeatures: 64 });
export const densenet201 = variant({ growthRate: 32, blocks: [6, 12, 48, 32], initFeatures: 64 });

/** The course notes' DenseNet: four blocks of four layers, global average pooling. */
export const densenet_d2l = notesVariant({ blocks: [4, 4, 4, 4], head: 'avg' });

/** The same with global maximum pooling. */
export const densenet_d2l_maxhead = notesVariant({ blocks: [4, 4, 4, 4], head: 'max' });

/** The notes' CIFAR-10 net: DenseNet-121's blocks without bottlenecks, new features first, AvgPool2d(3) head, 96 pixels. */
export const densenet_cifar = notesVariant({
  blocks: [6, 12, 24, 16],
  head: 'avg3',
  bias: false,
  newFeaturesFirst: true,
  inChannels: 3,
});

/** The family as a plug-in: `createRegistry().use(densenet).create('densenet121')`. */
export const densenet = definePlugin({
  name: '@zoo/densenet',
  models: { densenet121, densenet161, densenet169, densenet201, densenet_d2l, densenet_d2l_maxhead, densenet_cifar },
  weights: densenetWeights,
});
