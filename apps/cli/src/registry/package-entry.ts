import { join } from 'node:path';

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

/**
 * The file that `import 'package'` loads, by the rules of https://nodejs.org/api/packages.html#package-entry-points.
 * Node resolves only from the importing file's own place, and plug-ins are installed where the user works.
 */
export function packageEntry(folder: string, manifest: Record<string, unknown>): string | undefined {
  const { exports: targets, main } = manifest;
  if (targets === undefined || targets === null)
    return join(folder, typeof main === 'string' && main ? main : 'index.js');
  const root = typeof targets === 'object' && '.' in targets ? (targets as Record<string, unknown>)['.'] : targets;
  const target = fromConditions(root);
  return target === undefined ? undefined : join(folder, target);
}
