import { sharedRegistry } from '@zoo/core';
import { cuda } from './index.ts';

sharedRegistry().use(cuda);
