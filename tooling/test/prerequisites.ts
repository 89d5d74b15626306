import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../workspace.ts';

/** The browser the tests drive, and whose software adapter lets WebGPU run in Node without a GPU. */
export const chromium = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';

const vulkanIcd = '/usr/lib/chromium/vk_swiftshader_icd.json';

export type Prerequisite = 'chromium' | 'software-webgpu' | 'libtensorflow';

/** Where `pnpm build:tfjs-node` puts the addon. */
const tfjsNode = process.env['ZOO_TFJS_NODE'] ?? join(root, '.cache/tfjs-node/node_modules/@tensorflow/tfjs-node');

/** The environment in which the libtensorflow engine finds its addon. */
export const libtensorflowEnvironment = (): Record<string, string> => ({ ZOO_TFJS_NODE: tfjsNode });

/** The environment in which WebGPU works on a machine without a GPU; a driver that the user chose stays. */
export function webgpuEnvironment(): Record<string, string> {
  const driver = process.env['VK_ICD_FILENAMES'] || !existsSync(vulkanIcd) ? {} : { VK_ICD_FILENAMES: vulkanIcd };
  return { ZOO_WEBGPU_SOFTWARE: '1', ...driver };
}

export interface Absence {
  reason: string;
  /** The command that provides it. */
  enable: string;
  /** Whether its absence fails the run: what Debian's packages give in CI, the addon where `ZOO_REQUIRE_TFJS_NODE` is set. */
  required: boolean;
}

/** What is wrong with a prerequisite, or `undefined` where it is met. */
export function missing(prerequisite: Prerequisite): Absence | undefined {
  const debian = { enable: 'sudo tooling/setup/debian.sh', required: Boolean(process.env['CI']) };
  switch (prerequisite) {
    case 'chromium':
      return existsSync(chromium) ? undefined : { reason: `no Chromium at ${chromium}`, ...debian };
    case 'software-webgpu':
      if (process.env['VK_ICD_FILENAMES'] || existsSync(vulkanIcd)) return undefined;
      return { reason: `no software adapter at ${vulkanIcd}`, ...debian };
    case 'libtensorflow':
      if (existsSync(tfjsNode)) return undefined;
      return {
        reason: 'no tfjs-node addon',
        enable: 'pnpm build:tfjs-node (needs pip and g++: sudo apt-get install python3-pip g++)',
        required: Boolean(process.env['ZOO_REQUIRE_TFJS_NODE']),
      };
  }
}
