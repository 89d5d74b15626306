import { sharedRegistry } from '@zoo/core';
import { densenet } from './variants.ts';

sharedRegistry().use(densenet);

type DenseNetModels = NonNullable<(typeof densenet)['models']>;

declare module '@zoo/core' {
  interface ModelMap extends DenseNetModels {}
}
