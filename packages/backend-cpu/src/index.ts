import { definePlugin } from '@zoo/core';
import { cpuBackend } from './cpu-backend.ts';

export { cpuBackend };

/** Plug-in that brings the plain JavaScript engine. */
export const cpu = definePlugin({ name: '@zoo/backend-cpu', backends: [cpuBackend()] });
