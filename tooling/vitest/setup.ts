import { type BackendPlugin, chooseBackend } from '@zoo/core';

const loaders: Record<string, () => Promise<BackendPlugin>> = {
  cpu: async () => (await import('@zoo/backend-cpu')).cpuBackend(),
  wasm: async () => (await import('@zoo/backend-wasm')).wasmBackend(),
  webgpu: async () => (await import('@zoo/backend-webgpu')).webgpuBackend({ allowSoftware: true }),
  cuda: async () => (await import('@zoo/backend-cuda')).cudaBackend(),
  ort: async () => (await import('@zoo/backend-ort')).ortBackend(),
  tensorflow: async () => (await import('@zoo/backend-cuda')).tensorflowBackend(),
};

// Every test file starts on the backend that ZOO_BACKEND names.
const name = process.env['ZOO_BACKEND'] || 'wasm';
const load = loaders[name];
if (!load) throw new Error(`ZOO_BACKEND=${name}: tests run on ${Object.keys(loaders).join(', ')}.`);
const backend = await load();
await chooseBackend({ registry: { backends: () => [backend] }, only: name });
