import { sharedRegistry } from '@zoo/core';
import { vgg } from './variants.ts';

sharedRegistry().use(vgg);

type VGGModels = NonNullable<(typeof vgg)['models']>;

declare module '@zoo/core' {
  interface ModelMap extends VGGModels {}
}
