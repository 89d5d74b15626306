import { engine, env, registerBackend, removeBackend, setBackend } from '@tensorflow/tfjs-core';
import { ZooError } from '@zoo/core';
import { withNavigatorGpu } from '#platform';
import { chooseAdapter } from './adapter.ts';
import { ReportingWebGPUBackend } from './backend.ts';
import { openDevice } from './device.ts';
import { installKernels } from './kernels/install.ts';
import type { WebgpuOptions } from './options.ts';

const NAME = 'webgpu';
const PACKED_MATMUL = 3;

/** The running engine of this package, if it is the one tfjs knows as `webgpu`. */
function running(): ReportingWebGPUBackend | undefined {
  const instance: unknown = engine().registry[NAME];
  return instance instanceof ReportingWebGPUBackend ? instance : undefined;
}

/** Makes room for a new engine: takes out tfjs's own, or ours whose device was lost. */
function removeOther(): void {
  const stock = engine().registry[NAME];
  if (stock && !(stock instanceof ReportingWebGPUBackend) && stock.numDataIds() > 0) {
    throw new ZooError(
      'BACKEND_UNAVAILABLE',
      "tfjs's own WebGPU backend is in use and holds tensors. Initialise @zoo/backend-webgpu before making any.",
    );
  }
  if (stock || NAME in engine().registryFactory) removeBackend(NAME);
}

/** Registers the engine unless it runs already, and makes it tfjs's current backend. */
export async function start(options: WebgpuOptions): Promise<ReportingWebGPUBackend> {
  const current = running();
  if (current && !current.errors.lost) {
    await setBackend(NAME);
    return current;
  }
  const choice = await chooseAdapter(options);
  if (!choice.adapter) {
    const { reason, hint } = choice.probe;
    throw new ZooError('BACKEND_UNAVAILABLE', `WebGPU is not available: ${reason}${hint ? ` (${hint})` : ''}.`);
  }
  const { adapter } = choice;
  const device = await openDevice(adapter);
  removeOther();
  installKernels();
  const backend = withNavigatorGpu(() => new ReportingWebGPUBackend(device, adapter.info));
  registerBackend(NAME, () => backend, 3);
  await setBackend(NAME);
  return backend;
}

/** Flags that choose kernels, and what deterministic mode needs them to be. */
const deterministicFlags: Readonly<Record<string, number | boolean>> = {
  // The split-K product adds its parts atomically; the packed one in order.
  WEBGPU_MATMUL_PROGRAM_TYPE: PACKED_MATMUL,
  // Small tensors would be computed in JavaScript or on the GPU depending on where they happen to be.
  WEBGPU_CPU_FORWARD: false,
};

const savedFlags = new Map<string, number | boolean>();

/** Switches `backend` between tfjs's kernel choice and one that gives the same bits every run. */
export function applyDeterminism(backend: ReportingWebGPUBackend, on: boolean): void {
  if (backend.deterministic === on) return;
  backend.deterministic = on;
  for (const [flag, value] of Object.entries(deterministicFlags)) {
    if (on) savedFlags.set(flag, env().get(flag) as number | boolean);
    env().set(flag, on ? value : savedFlags.get(flag)!);
  }
}
