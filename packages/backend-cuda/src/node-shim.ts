import type { Host } from './host.ts';

/**
 * tfjs-node 4.22 calls helpers that Node 23 removed from `node:util`; without them nearly every operation throws.
 * Must run before the package is loaded.
 */
export function restoreUtilHelpers({ util }: Pick<Host, 'util'>): void {
  const legacy = util as unknown as Record<string, unknown>;
  legacy['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined;
  legacy['isArray'] ??= Array.isArray;
}
