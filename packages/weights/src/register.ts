import { sharedRegistry } from '@zoo/core';
import { weights } from './node/plugin.ts';

sharedRegistry().use(weights);
