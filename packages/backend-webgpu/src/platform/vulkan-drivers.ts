import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Folders the Vulkan loader reads driver manifests from, in its documented order. */
function manifestFolders(env: NodeJS.ProcessEnv): string[] {
  const home = env['HOME'] ?? '';
  const list = (value: string | undefined, fallback: string): string[] => (value || fallback).split(':');
  return [
    ...list(env['XDG_CONFIG_HOME'], join(home, '.config')),
    ...list(env['XDG_CONFIG_DIRS'], '/etc/xdg'),
    '/etc',
    ...list(env['XDG_DATA_HOME'], join(home, '.local/share')),
    ...list(env['XDG_DATA_DIRS'], '/usr/local/share:/usr/share'),
    '/usr/local/share',
    '/usr/share',
    '/run/opengl-driver/share',
  ].map((folder) => join(folder, 'vulkan/icd.d'));
}

/**
 * False only when this is Linux and no Vulkan driver is installed or named in the environment: then there is no point in
 * starting Dawn, which prints warnings that cannot be caught.
 */
export function mayHaveVulkanDriver(
  env: NodeJS.ProcessEnv = process.env,
  platform: string = process.platform,
): boolean {
  if (platform !== 'linux') return true;
  if (env['VK_ICD_FILENAMES'] || env['VK_DRIVER_FILES'] || env['VK_ADD_DRIVER_FILES']) return true;
  return manifestFolders(env).some(
    (folder) => existsSync(folder) && readdirSync(folder).some((file) => file.endsWith('.json')),
  );
}
