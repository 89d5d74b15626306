import { definePlugin } from '@zoo/core';
import { ortBackend } from './backend-plugin.ts';

export type { OrtOptions } from './backend-plugin.ts';
export { unmappedKernels } from './kernels.ts';
export { ortBackend };

/** Plug-in that brings ONNX Runtime. */
export const ort = definePlugin({ name: '@zoo/backend-ort', backends: [ortBackend()] });
