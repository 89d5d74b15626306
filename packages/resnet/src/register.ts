import { sharedRegistry } from '@zoo/core';
import { resnet } from './variants.ts';

sharedRegistry().use(resnet);

type ResNetModels = NonNullable<(typeof resnet)['models']>;

declare module '@zoo/core' {
  interface ModelMap extends ResNetModels {}
}
