import { engine, findBackend, registerBackend, setBackend } from '@tensorflow/tfjs-core';
import { cpuBackend } from '@zoo/backend-cpu';
import { type BackendPlugin, ZooError } from '@zoo/core';
import { overrideGradients } from './gradients.ts';
import { backendName, registerKernels } from './kernels.ts';
import { locateNative, requireNative } from './native.ts';
import { OrtBackend } from './ort-backend.ts';
import { probeBlockSize } from './probe/block-size.ts';

export interface OrtOptions {
  /** Threads of the native engine; default: one per physical core. */
  threads?: number;
  /** Compiled graphs to keep; default 64. */
  maxSessions?: number;
}

function checkThreads(threads: number): number {
  if (Number.isInteger(threads) && threads >= 0) return threads;
  throw new ZooError('INVALID_ARGUMENT', `threads must be a whole number, 0 for all physical cores, got ${threads}.`);
}

/**
 * ONNX Runtime on the CPU, through `onnxruntime-node`: unmodified tfjs code, forward and backward, at native speed. Needs
 * Node.js; nothing is compiled or downloaded when it is installed.
 */
export function ortBackend({ threads = 0, maxSessions = 64 }: OrtOptions = {}): BackendPlugin {
  checkThreads(threads);
  const create = () => {
    const native = requireNative();
    return new OrtBackend(native, {
      threads,
      providers: ['cpu'],
      graph: { blockSize: probeBlockSize(native) },
      maxSessions,
      maxSessionBytes: 2 ** 31,
      maxPooledBytes: 2 ** 30,
      maxHeldBytes: 2 ** 30,
    });
  };
  return {
    name: 'ort',
    description: 'ONNX Runtime on the CPU through onnxruntime-node (Node.js)',
    // Below every other engine until asked for by name.
    priority: 50,
    async probe() {
      const { native, ...missing } = locateNative();
      if (native) return { available: true, detail: `onnxruntime-node ${native.version}` };
      return { available: false, ...(missing as { reason: string; hint?: string }) };
    },
    async init() {
      requireNative();
      // Its kernels serve the calls that ONNX cannot express.
      await cpuBackend().init();
      registerKernels();
      overrideGradients();
      if (!engine().findBackendFactory(backendName)) registerBackend(backendName, create, 0);
      if (!(await setBackend(backendName))) {
        throw new ZooError('BACKEND_FAILED', "tfjs could not start its 'ort' backend; its warning above says why.");
      }
      return backendName;
    },
    setDeterministic(on) {
      (findBackend(backendName) as OrtBackend | null)!.bakesWeights = !on;
    },
  };
}
