import { sharedRegistry } from '@zoo/core';
import { ninFamily } from './variants.ts';

sharedRegistry().use(ninFamily);

type NiNModels = NonNullable<(typeof ninFamily)['models']>;

declare module '@zoo/core' {
  interface ModelMap extends NiNModels {}
}
