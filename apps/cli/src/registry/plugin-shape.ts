import type { Plugin } from '@zoo/core';

const parts = ['models', 'weights', 'datasets', 'backends', 'transforms', 'callbacks'];

/** Whether an export of a package is a plug-in: an object with a name that brings at least one kind of thing. */
function isPlugin(value: unknown): value is Plugin {
  if (typeof value !== 'object' || value === null) return false;
  const entries = value as Record<string, unknown>;
  return (
    typeof entries['name'] === 'string' &&
    parts.some((part) => typeof entries[part] === 'object' && entries[part] !== null)
  );
}

/** Every plug-in among a module's exports, the default one included, each once. */
export const pluginsOf = (module: object): Plugin[] => [...new Set(Object.values(module).filter(isPlugin))];
