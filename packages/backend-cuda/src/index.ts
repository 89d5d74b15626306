import { definePlugin } from '@zoo/core';
import { cudaBackend, tensorflowBackend } from './backends.ts';

export { cudaBackend, tensorflowBackend };

/** Plug-in that brings libtensorflow: `cuda` on NVIDIA GPUs, `tensorflow` on the CPU. */
export const cuda = definePlugin({ name: '@zoo/backend-cuda', backends: [cudaBackend(), tensorflowBackend()] });
