import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(fileURLToPath(new URL('../..', import.meta.url)));

/** A folder below `.cache/bench`, made when it is not there. */
export function cacheFolder(...parts: string[]): string {
  const folder = join(root, '.cache/bench', ...parts);
  mkdirSync(folder, { recursive: true });
  return folder;
}

export const nodeScript = (name: string): string => join(root, 'bench/node', name);
export const pythonScript = (name: string): string => join(root, 'bench/python', name);
