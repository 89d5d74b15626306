import { type BackendPlugin, type BackendProbe, definePlugin } from '@zoo/core';
import { chooseAdapter } from './adapter.ts';
import type { ReportingWebGPUBackend } from './backend.ts';
import type { WebgpuOptions } from './options.ts';

/**
 * WebGPU as a backend: the browser's, or in Node Dawn's from the npm package `webgpu`. tfjs's engine is loaded by `init`,
 * not before.
 */
export function webgpuBackend(options: WebgpuOptions = {}): BackendPlugin {
  let deterministic = options.deterministic ?? false;
  let backend: ReportingWebGPUBackend | undefined;
  let apply: ((backend: ReportingWebGPUBackend, on: boolean) => void) | undefined;

  return {
    name: 'webgpu',
    description: 'WebGPU: GPUs of any vendor in browsers, and in Node through the package webgpu (Dawn)',
    priority: 300,
    async probe(): Promise<BackendProbe> {
      const choice = await chooseAdapter(options);
      return choice.adapter ? { available: true, detail: choice.detail } : choice.probe;
    },
    async init(): Promise<string> {
      const runtime = await import('./runtime.ts');
      backend = await runtime.start(options);
      apply = runtime.applyDeterminism;
      apply(backend, deterministic);
      return 'webgpu';
    },
    setDeterministic(on: boolean): void {
      deterministic = on;
      if (backend) apply?.(backend, on);
    },
    async checkErrors(): Promise<void> {
      await backend?.checkErrors();
    },
  };
}

/** The plug-in: `createRegistry().use(webgpu)`. */
export const webgpu = definePlugin({ name: '@zoo/backend-webgpu', backends: [webgpuBackend()] });
