import { sharedRegistry } from '@zoo/core';
import { lenet } from './variants.ts';

sharedRegistry().use(lenet);

type LeNetModels = NonNullable<(typeof lenet)['models']>;

declare module '@zoo/core' {
  interface ModelMap extends LeNetModels {}
}
