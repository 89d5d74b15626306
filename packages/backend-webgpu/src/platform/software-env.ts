import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

const ICD = 'vk_swiftshader_icd.json';
const FOLDERS = [
  '/usr/lib/chromium',
  '/usr/lib/chromium-browser',
  '/usr/lib64/chromium-browser',
  '/opt/google/chrome',
  '/opt/chromium.org/chromium',
];

/** Environment variables that make Dawn in Node compute on Chromium's software adapter. */
export interface SoftwareAdapterEnv {
  ZOO_WEBGPU_SOFTWARE: '1';
  VK_ICD_FILENAMES: string;
}

/**
 * Finds SwiftShader's Vulkan driver and returns the variables to start a process with, or undefined where there is none.
 * Order: `VK_ICD_FILENAMES` as it is set, the folder of `CHROME_BIN`, the usual folders of Chromium and Chrome.
 */
export function softwareAdapterEnv(env: NodeJS.ProcessEnv = process.env): SoftwareAdapterEnv | undefined {
  const given = env['VK_ICD_FILENAMES'];
  const chrome = env['CHROME_BIN'];
  const candidates = [...(chrome ? [dirname(chrome)] : []), ...FOLDERS].map((folder) => join(folder, ICD));
  const file = given || candidates.find((path) => existsSync(path));
  return file ? { ZOO_WEBGPU_SOFTWARE: '1', VK_ICD_FILENAMES: file } : undefined;
}
