import { backend, setBackend } from '@tensorflow/tfjs-core';
import { type BackendPlugin, ZooError } from '@zoo/core';
import { registerCorrectedKernels } from './kernels/register.ts';

/**
 * The plain JavaScript engine: needs nothing, runs everywhere, and is 20 to 40 times slower than WASM.
 * It is `@tensorflow/tfjs-backend-cpu` with its wrong kernels replaced.
 */
export function cpuBackend(): BackendPlugin {
  return {
    name: 'cpu',
    description: 'Plain JavaScript',
    priority: 100,
    probe: async () => ({ available: true, detail: 'plain JavaScript, slow' }),
    async init() {
      // Importing registers tfjs's backend and kernels, so it waits until the engine is wanted.
      await import('@tensorflow/tfjs-backend-cpu');
      registerCorrectedKernels();
      if (!(await setBackend('cpu'))) {
        throw new ZooError('BACKEND_FAILED', "tfjs could not start its 'cpu' backend; its warning above says why.");
      }
      // tfjs greets the first use in Node with an advertisement on stderr; whoever chose this engine knows.
      (backend() as unknown as { firstUse: boolean }).firstUse = false;
      return 'cpu';
    },
  };
}
