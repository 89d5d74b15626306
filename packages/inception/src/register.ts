import { sharedRegistry } from '@zoo/core';
import { inception } from './variants.ts';

sharedRegistry().use(inception);

type InceptionModels = NonNullable<(typeof inception)['models']>;

declare module '@zoo/core' {
  interface ModelMap extends InceptionModels {}
}
