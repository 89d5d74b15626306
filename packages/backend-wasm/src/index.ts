export type { WasmFile, WasmPaths } from './engine.ts';
export { kernelNames } from './kernels/install.ts';
export type { SimdVariant } from './native/native.ts';
export { wasm } from './plugin.ts';
export { type WasmBackendOptions, wasmBackend } from './wasm-backend.ts';
