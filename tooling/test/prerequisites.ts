import { existsSync } from 'node:fs';

/** The browser the tests drive, and whose software adapter lets WebGPU run in Node without a GPU. */
export const chromium = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';

const vulkanIcd = '/usr/lib/chromium/vk_swiftshader_icd.json';

export type Prerequisite = 'chromium' | 'software-webgpu';

/** The environment in which WebGPU works on a machine without a GPU; a driver that the user chose stays. */
export function webgpuEnvironment(): Record<string, string> {
  const driver = process.env['VK_ICD_FILENAMES'] || !existsSync(vulkanIcd) ? {} : { VK_ICD_FILENAMES: vulkanIcd };
  return { ZOO_WEBGPU_SOFTWARE: '1', ...driver };
}

/** Why a prerequisite is not met, or `undefined` where it is. */
export function missing(prerequisite: Prerequisite): string | undefined {
  if (prerequisite === 'chromium') return existsSync(chromium) ? undefined : `no Chromium at ${chromium}`;
  return process.env['VK_ICD_FILENAMES'] || existsSync(vulkanIcd) ? undefined : `no software adapter at ${vulkanIcd}`;
}
