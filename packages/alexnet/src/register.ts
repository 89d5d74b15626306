import { sharedRegistry } from '@zoo/core';
import { alexnetFamily } from './variants.ts';

sharedRegistry().use(alexnetFamily);

type AlexNetModels = NonNullable<(typeof alexnetFamily)['models']>;

declare module '@zoo/core' {
  interface ModelMap extends AlexNetModels {}
}
