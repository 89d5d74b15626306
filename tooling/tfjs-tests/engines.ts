import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BackendPlugin } from '@zoo/core';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** How one backend is brought up for the tests, as tfjs ships it and as the workspace ships it. */
export interface Engine {
  /** tfjs's name for it. */
  backendName: string;
  flags: Record<string, unknown>;
  /** Whether `dataSync` works, so that specs which need it are defined. */
  isDataSync: boolean;
  specTimeoutMs: number;
  stock(): Promise<unknown>;
  ours(): Promise<BackendPlugin>;
  /** What the child process needs in its environment, or why the engine cannot run here. */
  environment(): { env: Record<string, string> } | { missing: string };
}

const requireFrom = (name: string): NodeJS.Require => createRequire(join(root, 'packages', name, 'package.json'));

const icdFiles = ['/usr/lib/chromium/vk_swiftshader_icd.json', '/usr/lib/chromium-browser/vk_swiftshader_icd.json'];

async function stockWebgpu(): Promise<void> {
  const { create, globals } = requireFrom('backend-webgpu')('webgpu') as {
    create(options: string[]): unknown;
    globals: object;
  };
  Object.assign(globalThis, globals);
  Object.defineProperty(globalThis, 'navigator', { value: { gpu: create([]) }, configurable: true });
  requireFrom('backend-webgpu')('@tensorflow/tfjs-backend-webgpu');
}

const tfjsNode = join(root, '.cache/tfjs-node/node_modules/@tensorflow/tfjs-node');

export const engines: Record<string, Engine> = {
  cpu: {
    backendName: 'cpu',
    flags: {},
    isDataSync: true,
    specTimeoutMs: 20_000,
    stock: async () => requireFrom('backend-cpu')('@tensorflow/tfjs-backend-cpu'),
    ours: async () => (await import('@zoo/backend-cpu')).cpuBackend(),
    environment: () => ({ env: {} }),
  },
  wasm: {
    backendName: 'wasm',
    flags: {},
    isDataSync: true,
    specTimeoutMs: 20_000,
    stock: async () => requireFrom('backend-wasm')('@tensorflow/tfjs-backend-wasm'),
    ours: async () => (await import('@zoo/backend-wasm')).wasmBackend(),
    environment: () => ({ env: {} }),
  },
  webgpu: {
    backendName: 'webgpu',
    // Small host-resident tensors would otherwise run on plain JavaScript kernels.
    flags: { WEBGPU_CPU_FORWARD: false },
    isDataSync: false,
    specTimeoutMs: 120_000,
    stock: stockWebgpu,
    ours: async () => (await import('@zoo/backend-webgpu')).webgpuBackend({ allowSoftware: true }),
    environment: () => {
      const icd = process.env['VK_ICD_FILENAMES'] ?? icdFiles.find(existsSync);
      if (icd) return { env: { VK_ICD_FILENAMES: icd } };
      return {
        missing: "no vk_swiftshader_icd.json (Debian's chromium has it); set VK_ICD_FILENAMES to a Vulkan driver",
      };
    },
  },
  ort: {
    backendName: 'ort',
    flags: {},
    isDataSync: true,
    specTimeoutMs: 60_000,
    // tfjs ships no such backend; the baseline is this one's.
    stock: async () => (await import('@zoo/backend-ort')).ortBackend({ threads: 1 }).init(),
    ours: async () => (await import('@zoo/backend-ort')).ortBackend({ threads: 1 }),
    environment: () => ({ env: {} }),
  },
  tensorflow: {
    backendName: 'tensorflow',
    flags: {},
    isDataSync: true,
    specTimeoutMs: 20_000,
    stock: async () => {
      // As on a processor for which libtensorflow chooses oneDNN's kernels, so that there is one list of failures.
      process.env['TF_ENABLE_ONEDNN_OPTS'] ??= '1';
      // The one change without which nothing runs on Node >= 23.
      const util = requireFrom('backend-cuda')('node:util') as Record<string, unknown>;
      util['isNullOrUndefined'] ??= (value: unknown) => value == null;
      requireFrom('backend-cuda')(process.env['ZOO_TFJS_NODE'] ?? tfjsNode);
    },
    ours: async () => (await import('@zoo/backend-cuda')).tensorflowBackend(),
    environment: () => {
      const folder = process.env['ZOO_TFJS_NODE'] ?? tfjsNode;
      if (existsSync(join(folder, 'package.json'))) {
        return { env: { ZOO_TFJS_NODE: folder, TF_CPP_MIN_LOG_LEVEL: '3' } };
      }
      return { missing: 'no tfjs-node binding; build one with pnpm build:tfjs-node' };
    },
  },
};
