import { sharedRegistry } from '@zoo/core';
import { template } from './variants.ts';

sharedRegistry().use(template);

type TemplateModels = NonNullable<(typeof template)['models']>;

declare module '@zoo/core' {
  interface ModelMap extends TemplateModels {}
}
