import { sharedRegistry } from '@zoo/core';
import { cpu } from './index.ts';

sharedRegistry().use(cpu);
