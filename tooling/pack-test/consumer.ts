// Compiled against the packed packages (`run.ts`) and against their sources (`pnpm check:types`).
import { createModel, createRegistry, type ImageModel, ZooError } from '@zoo/core';
import { lenet } from '@zoo/lenet';
import '@zoo/lenet/register';

const registry = createRegistry().use(lenet);

export const net: ImageModel = registry.create('lenet5_relu', { numClasses: 3, seed: 1 });
export const shared: ImageModel = createModel('lenet_bn');
export const error: Error = new ZooError('UNKNOWN_NAME', 'a consumer sees typed errors');

// @ts-expect-error a name that no plug-in brought
export const unknown = () => registry.create('lenet6');

// @ts-expect-error options are checked too
export const mistyped = () => registry.create('lenet5', { numClasses: 'ten' });
