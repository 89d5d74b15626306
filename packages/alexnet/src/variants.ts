import { definePlugin, seeded } from '@zoo/core';
import { AlexNet, AlexNetD2L, type AlexNetOptions } from './alexnet.ts';
import { alexnetWeights } from './weights.ts';

/** torchvision's AlexNet. */
export const alexnet = (options: AlexNetOptions = {}): AlexNet => seeded(options.seed, () => new AlexNet(options));

/** The course notes' AlexNet for one channel and ten classes. */
export const alexnet_d2l = (options: AlexNetOptions = {}): AlexNetD2L =>
  seeded(options.seed, () => new AlexNetD2L(options));

/** The family as a plug-in: `createRegistry().use(alexnetFamily).create('alexnet')`. */
export const alexnetFamily = definePlugin({
  name: '@zoo/alexnet',
  models: { alexnet, alexnet_d2l },
  weights: alexnetWeights,
});
