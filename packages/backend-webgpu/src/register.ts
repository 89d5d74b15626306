import { sharedRegistry } from '@zoo/core';
import { webgpu } from './plugin.ts';

sharedRegistry().use(webgpu);
