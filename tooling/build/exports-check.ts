import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ExportTarget, Manifest } from '../workspace.ts';

/** The files an `exports` or `imports` value can lead to. */
export function exportTargets(target: ExportTarget): string[] {
  return typeof target === 'string' ? [target] : Object.values(target).flatMap(exportTargets);
}

/**
 * What is wrong between a package's `exports`, `imports` and `bin` and the files built: targets that do not exist, and
 * entry points that were built but cannot be imported. Empty when both agree.
 */
export function exportProblems(dir: string, manifest: Manifest, entries: string[]): string[] {
  const problems: string[] = [];
  const targets = new Set<string>();
  const maps = { exports: manifest.exports ?? {}, imports: manifest.imports ?? {}, bin: manifest.bin ?? {} };
  for (const [field, map] of Object.entries(maps)) {
    for (const [key, value] of Object.entries(map)) {
      for (const target of exportTargets(value)) {
        if (!target.startsWith('./')) continue;
        targets.add(target);
        // Of a pattern such as `./data/*` only the folder can be looked for.
        if (!existsSync(join(dir, target.split('*')[0] ?? '')))
          problems.push(`${field}["${key}"] names ${target}, which was not built`);
      }
    }
  }
  for (const entry of entries) {
    const built = `./${entry.replace(/^src\//, 'dist/').replace(/\.ts$/, '.js')}`;
    if (!targets.has(built)) problems.push(`${entry} is an entry in tsup.config.ts, but no export leads to ${built}`);
  }
  if (!existsSync(join(dir, 'dist')) || readdirSync(join(dir, 'dist')).length === 0) problems.push('dist is empty');
  return problems;
}
