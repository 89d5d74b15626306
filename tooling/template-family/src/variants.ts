import { definePlugin, type ModelOptions, seeded } from '@zoo/core';
import { TemplateNet, type TemplateNetConfig } from './template.ts';
import { templateWeights } from './weights.ts';

const variant =
  (config: TemplateNetConfig) =>
  (options: ModelOptions = {}): TemplateNet =>
    seeded(options.seed, () => new TemplateNet(config, options));

/** Two stages of 8 and 16 channels. */
export const template_small = variant({ channels: [8, 16] });

/** Two stages of 16 and 32 channels. */
export const template_wide = variant({ channels: [16, 32] });

/** The family as a plug-in: `createRegistry().use(template).create('template_small')`. */
export const template = definePlugin({
  name: '@zoo/template-family',
  models: { template_small, template_wide },
  weights: templateWeights,
});
