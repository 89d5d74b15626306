import { definePlugin } from '@zoo/core';
import { wasmBackend } from './wasm-backend.ts';

/** The plug-in with default options. For other options, pass `wasmBackend(options)` to `definePlugin` yourself. */
export const wasm = definePlugin({ name: '@zoo/backend-wasm', backends: [wasmBackend()] });
