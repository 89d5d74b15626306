import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { sourceFiles, type WorkspacePackage } from '../workspace.ts';
import type { PackageRules } from './rules.ts';

/** The packages that `pkg` may import from its sources; `undefined` when it may import all of them (apps and bench). */
export function allowedEdges(pkg: Pick<WorkspacePackage, 'id' | 'path'>, rules: PackageRules): string[] | undefined {
  if (/^(apps|bench)(\/|$)/.test(pkg.path)) return undefined;
  const named = Object.entries(rules.edges).find(([pattern]) =>
    pattern.endsWith('*') ? pkg.id.startsWith(pattern.slice(0, -1)) : pattern === pkg.id,
  );
  return named ? named[1] : rules.family;
}

interface FoundImport {
  specifier: string;
  file: string;
}

/** All import, re-export and dynamic import specifiers of the files below `dir`. */
function findImports(dir: string): FoundImport[] {
  return sourceFiles(dir).flatMap((file) =>
    ts
      .preProcessFile(readFileSync(file, 'utf8'), true, true)
      .importedFiles.map(({ fileName }) => ({ specifier: fileName, file })),
  );
}

function zooPackage(specifier: string): string | undefined {
  return /^@zoo\/([^/]+)/.exec(specifier)?.[1];
}

/** Every rule of `package-rules.json` that a package breaks, in words. */
export function edgeProblems(pkg: WorkspacePackage, rules: PackageRules): string[] {
  const problems: string[] = [];
  const allowed = allowedEdges(pkg, rules);
  const mayBe = allowed?.length === 0 ? 'no other package' : `only ${allowed?.join(', ')}`;
  const forbids = (id: string) => allowed !== undefined && !allowed.includes(id);
  const { dependencies = {}, peerDependencies = {}, optionalDependencies = {}, devDependencies = {} } = pkg.manifest;
  const runtime = { ...dependencies, ...peerDependencies, ...optionalDependencies };

  for (const [name, range] of Object.entries({ ...runtime, ...devDependencies })) {
    const id = zooPackage(name);
    if (!id) continue;
    if (name in runtime && forbids(id)) problems.push(`package.json depends on @zoo/${id}; ${pkg.id} may use ${mayBe}`);
    if (range !== 'workspace:^') problems.push(`package.json asks for ${name} as "${range}" instead of "workspace:^"`);
  }

  for (const { specifier, file } of findImports(join(pkg.dir, 'src'))) {
    const where = relative(pkg.dir, file);
    const id = zooPackage(specifier);
    if (id && id !== pkg.id) {
      if (forbids(id)) problems.push(`${where} imports ${specifier}; ${pkg.id} may use ${mayBe}`);
      else if (!(`@zoo/${id}` in runtime)) problems.push(`${where} imports ${specifier}, which is not in dependencies`);
    }
    if (id && id === pkg.id) problems.push(`${where} imports its own package as ${specifier}; use a relative path`);
    if (specifier.startsWith('.') && relative(pkg.dir, join(dirname(file), specifier)).startsWith('..')) {
      problems.push(`${where} reaches out of its package with ${specifier}`);
    }
  }
  return problems;
}
