import { realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { Manifest, PackageFolder } from './project.ts';

const conditions = new Set(['node', 'import', 'module-sync', 'default']);

function fromConditions(target: unknown): string | undefined {
  if (typeof target === 'string') return target;
  if (Array.isArray(target)) return target.map(fromConditions).find((found) => found !== undefined);
  if (typeof target !== 'object' || target === null) return undefined;
  for (const [condition, next] of Object.entries(target)) {
    const found = conditions.has(condition) ? fromConditions(next) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function target({ exports: targets, main }: Manifest): string | undefined {
  if (targets === undefined || targets === null) return typeof main === 'string' && main ? main : 'index.js';
  const root = typeof targets === 'object' && '.' in targets ? (targets as Record<string, unknown>)['.'] : targets;
  return fromConditions(root);
}

/**
 * The file that `import 'package'` loads, by the rules of https://nodejs.org/api/packages.html#package-entry-points.
 * Node resolves only from the importing file's own place, and plug-ins are installed where the user works. Throws where there is none, or
 * where it lies outside of the package, also behind a symbolic link.
 */
export async function packageEntry({ folder, manifest }: PackageFolder): Promise<string> {
  const named = target(manifest);
  if (named === undefined) throw new Error("its package.json exports no '.' entry that Node can import");
  const [home, file] = await Promise.all([realpath(folder), realpath(join(folder, named)).catch(() => undefined)]);
  if (file === undefined) throw new Error(`its package.json names ${named}, which is not there`);
  if (!file.startsWith(home + sep))
    throw new Error(`its package.json names ${named}, which lies outside of the package`);
  return file;
}
