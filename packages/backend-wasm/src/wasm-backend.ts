import { type BackendPlugin, ZooError } from '@zoo/core';
import { startEngine, type WasmPaths } from './engine.ts';
import { type SimdVariant, supportedVariants } from './native/native.ts';

export interface WasmBackendOptions {
  /**
   * Where a browser finds `tfjs-backend-wasm-simd.wasm` of `@tensorflow/tfjs-backend-wasm`: the file's URL, its folder's URL, or
   * URLs by file name. Node finds it by itself.
   */
  wasmPaths?: WasmPaths;
  /**
   * `relaxed` uses fused multiply-add where the engine has it (Node 22, Chrome 114): faster, and rounded once instead of twice.
   * `baseline` rounds alike everywhere. Default: `auto`, the fastest there is.
   */
  simd?: 'auto' | SimdVariant;
}

const missing = () =>
  supportedVariants().length > 0
    ? ({
        available: false,
        reason: 'No relaxed WebAssembly SIMD in this JavaScript engine.',
        hint: "Use simd: 'auto'.",
      } as const)
    : ({
        available: false,
        reason: 'No WebAssembly SIMD in this JavaScript engine.',
        hint: 'Use Node 20 or a current browser.',
      } as const);

/**
 * The WebAssembly engine: tfjs's backend `wasm` with the kernels that training needs. Single-threaded; the same computation gives
 * the same bits on every run of one machine and engine.
 */
export function wasmBackend({ wasmPaths, simd = 'auto' }: WasmBackendOptions = {}): BackendPlugin {
  const choose = (): SimdVariant | undefined => {
    const supported = supportedVariants();
    return simd === 'auto' ? supported[0] : supported.find((variant) => variant === simd);
  };
  return {
    name: 'wasm',
    description: 'WebAssembly with SIMD, one thread',
    priority: 200,
    async probe() {
      const variant = choose();
      if (!variant) return missing();
      const fused = variant === 'relaxed' ? ' with fused multiply-add' : '';
      return { available: true, detail: `WebAssembly SIMD${fused}, one thread` };
    },
    async init() {
      const variant = choose();
      if (!variant) {
        const { reason, hint } = missing();
        throw new ZooError('BACKEND_UNAVAILABLE', `${reason} ${hint}`);
      }
      await startEngine({ wasmPaths, variant });
      return 'wasm';
    },
  };
}
