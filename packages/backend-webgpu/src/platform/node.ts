import type { GpuLookup } from './platform.ts';
import { softwareAdapterEnv } from './software-env.ts';
import { mayHaveVulkanDriver } from './vulkan-drivers.ts';

// f16 on NVIDIA and exact timestamps are off by default in Dawn; neither changes what plain float32 kernels compute.
const DAWN_OPTIONS = [
  'enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia',
  'disable-dawn-features=timestamp_quantization',
];

// Held for the life of the process: a collected GPU object takes its devices with it.
let current: GPU | undefined;

async function loadDawn(): Promise<typeof import('webgpu') | undefined> {
  try {
    return await import('webgpu');
  } catch (error) {
    const code = (error as { code?: string }).code;
    if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** An existing `navigator.gpu` (Deno, Bun, a polyfill), else Dawn from the optional npm package `webgpu`. */
export async function findGpu(): Promise<GpuLookup> {
  const existing = globalThis.navigator?.gpu;
  if (existing) return { gpu: existing, noAdapter: 'navigator.gpu offers no GPU' };

  const dawn = await loadDawn();
  if (!dawn) return { reason: 'package webgpu not installed', hint: 'npm install webgpu' };
  for (const [name, value] of Object.entries(dawn.globals)) {
    if (Reflect.get(globalThis, name) === undefined) Reflect.set(globalThis, name, value);
  }
  if (!current && mayHaveVulkanDriver()) current = dawn.create(DAWN_OPTIONS);
  return {
    gpu: current,
    noAdapter: 'Dawn found no GPU driver (Vulkan, Metal or Direct3D 12)',
    noAdapterHint:
      'install a GPU driver, or set ZOO_WEBGPU_SOFTWARE=1 where Chromium is installed to compute on the CPU',
    softwareGpu: async () => {
      const env = softwareAdapterEnv();
      if (!env) return undefined;
      // The Vulkan loader reads this when an instance is made, so a fresh one sees it.
      process.env['VK_ICD_FILENAMES'] = env.VK_ICD_FILENAMES;
      current = dawn.create(DAWN_OPTIONS);
      return current;
    },
  };
}

/** Runs `run` with `navigator.gpu` defined, as tfjs asks for on construction, and leaves `navigator` as it was. */
export function withNavigatorGpu<T>(run: () => T): T {
  if (globalThis.navigator?.gpu) return run();
  const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  Object.defineProperty(globalThis, 'navigator', { value: { gpu: current }, configurable: true, writable: true });
  try {
    return run();
  } finally {
    if (before) Object.defineProperty(globalThis, 'navigator', before);
    else Reflect.deleteProperty(globalThis, 'navigator');
  }
}
