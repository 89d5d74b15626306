import { definePlugin, type ModelLoader } from '@zoo/core';
import { createModelLoader } from '../load/load-model.ts';
import { openWeights } from './load-weights.ts';

/**
 * Builds a registered model with weights in it: `loadModel(registry, 'resnet18', { weights: 'IMAGENET1K_V1' })`. Other
 * options go to the model's factory; `numClasses` and `inChannels` also adapt the weights.
 */
export const loadModel: ModelLoader = createModelLoader(openWeights);

/** Gives a registry its `load`: `createRegistry().use(resnet).use(weights)`. */
export const weights = definePlugin({ name: '@zoo/weights', loadModel });
