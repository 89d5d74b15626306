import { sharedRegistry } from '@zoo/core';
import { linear } from './variants.ts';

sharedRegistry().use(linear);

type LinearModels = NonNullable<(typeof linear)['models']>;

declare module '@zoo/core' {
  interface ModelMap extends LinearModels {}
}
