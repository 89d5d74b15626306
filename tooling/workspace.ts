import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

export type ExportTarget = string | { [condition: string]: ExportTarget };

export interface Manifest {
  name: string;
  version: string;
  private?: boolean;
  exports?: Record<string, ExportTarget>;
  imports?: Record<string, ExportTarget>;
  bin?: Record<string, string>;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

export interface WorkspacePackage {
  /** `core` of `@zoo/core`. */
  id: string;
  dir: string;
  /** `packages/core`. */
  path: string;
  manifest: Manifest;
}

export function readManifest(dir: string): Manifest {
  return JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as Manifest;
}

function children(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(folder, entry.name))
    .sort();
}

/** All workspace members below `base`, as `pnpm-workspace.yaml` names them. */
export function workspacePackages(base = root): WorkspacePackage[] {
  const dirs = [
    ...children(join(base, 'packages')),
    ...children(join(base, 'apps')),
    join(base, 'tooling/template-family'),
    join(base, 'bench'),
  ];
  return dirs
    .filter((dir) => existsSync(join(dir, 'package.json')))
    .map((dir) => {
      const manifest = readManifest(dir);
      return { id: manifest.name.replace(/^@zoo\//, ''), dir, path: relative(base, dir), manifest };
    });
}

export function publicPackages(base = root): WorkspacePackage[] {
  return workspacePackages(base).filter(({ manifest }) => !manifest.private);
}

/** Every file below `dir` whose name ends as asked, dependencies and build output left out. */
export function sourceFiles(dir: string, endings = ['.ts', '.tsx', '.mjs', '.js']): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) {
      return ['node_modules', 'dist', 'generated'].includes(entry.name) ? [] : sourceFiles(path, endings);
    }
    return endings.some((ending) => entry.name.endsWith(ending)) ? [path] : [];
  });
}

/** The path of a locally installed command. */
export function bin(name: string): string {
  return join(root, 'node_modules/.bin', name);
}
