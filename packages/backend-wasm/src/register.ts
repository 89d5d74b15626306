import { sharedRegistry } from '@zoo/core';
import { wasm } from './plugin.ts';

sharedRegistry().use(wasm);
