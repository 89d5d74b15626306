import { definePlugin, type ModelOptions, seeded } from '@zoo/core';
import { GoogLeNet, type GoogLeNetOptions } from './googlenet.ts';
import { GoogLeNetD2L } from './googlenet-d2l.ts';
import { InceptionV3, type InceptionV3Options } from './inception-v3.ts';
import { inceptionWeights } from './weights.ts';

/** torchvision's GoogLeNet (Inception v1 with batch norm). */
export const googlenet = (options: GoogLeNetOptions = {}): GoogLeNet =>
  seeded(options.seed, () => new GoogLeNet(options));

/** torchvision's Inception v3. */
export const inception_v3 = (options: InceptionV3Options = {}): InceptionV3 =>
  seeded(options.seed, () => new InceptionV3(options));

/** The course notes' GoogLeNet for one channel and ten classes. */
export const googlenet_d2l = (options: ModelOptions = {}): GoogLeNetD2L =>
  seeded(options.seed, () => new GoogLeNetD2L(options));

/** The family as a plug-in: `createRegistry().use(inception).create('inception_v3')`. */
export const inception = definePlugin({
  name: '@zoo/inception',
  models: { googlenet, inception_v3, googlenet_d2l },
  weights: inceptionWeights,
});
