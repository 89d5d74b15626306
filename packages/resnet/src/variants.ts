import { definePlugin, seeded } from '@zoo/core';
import { BasicBlock, Bottleneck } from './blocks.ts';
import { ResNet, type ResNetConfig, type ResNetOptions } from './resnet.ts';
import { ResNetD2L, type ResNetD2LOptions } from './resnet-d2l.ts';
import { resnetWeights } from './weights.ts';

const variant =
  (config: ResNetConfig) =>
  (options: ResNetOptions = {}): ResNet =>
    seeded(options.seed, () => new ResNet(config, options));

export const resnet18 = variant({ block: BasicBlock, layers: [2, 2, 2, 2] });
export const resnet34 = variant({ block: BasicBlock, layers: [3, 4, 6, 3] });
export const resnet50 = variant({ block: Bottleneck, layers: [3, 4, 6, 3] });
export const resnet101 = variant({ block: Bottleneck, layers: [3, 4, 23, 3] });
export const resnet152 = variant({ block: Bottleneck, layers: [3, 8, 36, 3] });
export const resnext50_32x4d = variant({ block: Bottleneck, layers: [3, 4, 6, 3], groups: 32, widthPerGroup: 4 });
export const resnext101_32x8d = variant({ block: Bottleneck, layers: [3, 4, 23, 3], groups: 32, widthPerGroup: 8 });
export const wide_resnet50_2 = variant({ block: Bottleneck, layers: [3, 4, 6, 3], widthPerGroup: 128 });
export const wide_resnet101_2 = variant({ block: Bottleneck, layers: [3, 4, 23, 3], widthPerGroup: 128 });

/** The course notes' ResNet-18 for one channel and ten classes. */
export const resnet18_d2l = (options: ResNetD2LOptions = {}): ResNetD2L =>
  seeded(options.seed, () => new ResNetD2L(options));

/** The family as a plug-in: `createRegistry().use(resnet).create('resnet18', { numClasses: 10 })`. */
export const resnet = definePlugin({
  name: '@zoo/resnet',
  models: {
    resnet18,
    resnet34,
    resnet50,
    resnet101,
    resnet152,
    resnext50_32x4d,
    resnext101_32x8d,
    wide_resnet50_2,
    wide_resnet101_2,
    resnet18_d2l,
  },
  weights: resnetWeights,
});
