import wasmUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import { wasmBackend } from '@zoo/backend-wasm';
import { webgpuBackend } from '@zoo/backend-webgpu';
import { type BackendChoice, chooseBackend, createRegistry, definePlugin } from '@zoo/core';

export interface EngineOptions {
  /** `wasm` or `webgpu`; the best there is where not given. */
  only?: string;
  /** Accept a WebGPU adapter that computes on the CPU. */
  allowSoftware: boolean;
}

/** Starts an engine for the page. */
export function startEngine({ only, allowSoftware }: EngineOptions): Promise<BackendChoice> {
  const backends = [webgpuBackend({ allowSoftware }), wasmBackend({ wasmPaths: wasmUrl })];
  const registry = createRegistry().use(definePlugin({ name: 'playground', backends }));
  return chooseBackend({ registry, ...(only ? { only } : {}) });
}
