import { sharedRegistry } from '@zoo/core';
import { ort } from './index.ts';

sharedRegistry().use(ort);
