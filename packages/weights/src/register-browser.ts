import { sharedRegistry } from '@zoo/core';
import { weights } from './browser/load-weights.ts';

sharedRegistry().use(weights);
