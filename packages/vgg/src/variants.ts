import { definePlugin, seeded } from '@zoo/core';
import { VGG, type VGGBlock, type VGGConfig, type VGGOptions } from './vgg.ts';
import { vggWeights } from './weights.ts';

const blocks = (...convolutions: [number, number, number, number, number]): VGGBlock[] => {
  const channels = [64, 128, 256, 512, 512];
  return convolutions.map((n, i) => [n, channels[i]!]);
};
const A = blocks(1, 1, 2, 2, 2);
const B = blocks(2, 2, 2, 2, 2);
const D = blocks(2, 2, 3, 3, 3);
const E = blocks(2, 2, 4, 4, 4);

const variant =
  (config: VGGConfig) =>
  (options: VGGOptions = {}): VGG =>
    seeded(options.seed, () => new VGG(config, options));

export const vgg11 = variant({ arch: A });
export const vgg13 = variant({ arch: B });
export const vgg16 = variant({ arch: D });
export const vgg19 = variant({ arch: E });
export const vgg11_bn = variant({ arch: A, batchNorm: true });
export const vgg13_bn = variant({ arch: B, batchNorm: true });
export const vgg16_bn = variant({ arch: D, batchNorm: true });
export const vgg19_bn = variant({ arch: E, batchNorm: true });

/** The course notes' VGG-11 for one channel and ten classes. */
export const vgg11_d2l = variant({ arch: A, notes: true });

/** The same with a quarter of the channels, as the notes train it. */
export const vgg11_d2l_small = variant({ arch: A.map(([n, channels]) => [n, channels / 4] as const), notes: true });

/** The family as a plug-in: `createRegistry().use(vgg).create('vgg16_bn')`. */
export const vgg = definePlugin({
  name: '@zoo/vgg',
  models: { vgg11, vgg13, vgg16, vgg19, vgg11_bn, vgg13_bn, vgg16_bn, vgg19_bn, vgg11_d2l, vgg11_d2l_small },
  weights: vggWeights,
});
