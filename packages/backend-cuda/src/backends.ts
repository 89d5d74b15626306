import { type BackendPlugin, type BackendProbe, ZooError } from '@zoo/core';
import { describeEngine, findEngine, startEngine } from './engine.ts';
import { missingCudaDevice } from './gpu-device.ts';
import type { PackageName } from './locate.ts';

const gpuPackage: readonly PackageName[] = ['@tensorflow/tfjs-node-gpu'];
const anyPackage: readonly PackageName[] = ['@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu'];

/** NVIDIA GPUs through `@tensorflow/tfjs-node-gpu`. Refuses to run on the CPU instead. */
export function cudaBackend(): BackendPlugin {
  return {
    name: 'cuda',
    description: 'CUDA through @tensorflow/tfjs-node-gpu (Node.js)',
    priority: 400,
    async probe(): Promise<BackendProbe> {
      const found = findEngine(gpuPackage);
      const missing = found.located && missingCudaDevice(found.host);
      if (missing)
        return { available: false, reason: missing, hint: "backend 'tensorflow' runs the same package on the CPU" };
      return describeEngine(found);
    },
    async init() {
      const backend = await startEngine(gpuPackage);
      if (!backend.isGPUPackage) {
        throw new ZooError(
          'BACKEND_FAILED',
          '@tensorflow/tfjs-node was loaded earlier in this process, and only one libtensorflow fits: choose cuda first.',
        );
      }
      if (!backend.isUsingGpuDevice) {
        throw new ZooError(
          'BACKEND_FAILED',
          'libtensorflow found no usable GPU: it needs the CUDA and cuDNN versions it was built for on the library path. ' +
            "TF_CPP_MIN_LOG_LEVEL=0 shows what it looked for; backend 'tensorflow' runs on the CPU.",
        );
      }
      return 'tensorflow';
    },
  };
}

/** libtensorflow on the CPU through `@tensorflow/tfjs-node`, or through the GPU package where no GPU is usable. */
export function tensorflowBackend(): BackendPlugin {
  return {
    name: 'tensorflow',
    description: 'libtensorflow on the CPU through @tensorflow/tfjs-node (Node.js)',
    // Below a hardware WebGPU, above WASM.
    priority: 250,
    probe: async () => describeEngine(findEngine(anyPackage)),
    async init() {
      await startEngine(anyPackage);
      return 'tensorflow';
    },
  };
}
