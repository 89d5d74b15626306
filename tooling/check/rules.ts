import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../workspace.ts';

/** `tooling/package-rules.json`. Packages it does not name are model families. */
export interface PackageRules {
  /** Package, or `prefix-*`, to the packages it may import. */
  edges: Record<string, string[]>;
  /** What every model family may import. */
  family: string[];
  /** Packages and export keys that browsers never see. */
  nodeOnly: { packages: string[]; entries: string[] };
  /** Modules that no browser build may contain, besides everything from `node:`. */
  notInBrowsers: string[];
}

export function readRules(): PackageRules {
  return JSON.parse(readFileSync(join(root, 'tooling/package-rules.json'), 'utf8')) as PackageRules;
}
