import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const packages = resolve(fileURLToPath(import.meta.url), '../../../../.cache/tfjs-node/node_modules/@tensorflow');

/** The folder of a package whose addon `tooling/tfjs-node/build-binding.ts` built, or undefined with a line that says so. */
export function builtPackage(name: 'tfjs-node' | 'tfjs-node-gpu'): string | undefined {
  const folder = join(packages, name);
  if (existsSync(join(folder, 'lib/napi-v8/tfjs_binding.node'))) return folder;
  console.warn(`SKIPPED: no ${name} addon; build it with: pnpm build:tfjs-node`);
  return undefined;
}
