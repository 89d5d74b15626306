import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { allowedEdges, edgeProblems } from '../check/edges.ts';
import { readRules } from '../check/rules.ts';
import type { Manifest, WorkspacePackage } from '../workspace.ts';

const rules = readRules();
let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'zoo-edges-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function fakePackage(id: string, dependencies: string[], files: Record<string, string>): WorkspacePackage {
  for (const [path, code] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), code);
  }
  const manifest: Manifest = {
    name: `@zoo/${id}`,
    version: '0.0.0',
    dependencies: Object.fromEntries(dependencies.map((name) => [`@zoo/${name}`, 'workspace:^'])),
  };
  return { id, dir, path: `packages/${id}`, manifest };
}

describe('dependency edges', () => {
  it('lets a family use core and layers', () => {
    const pkg = fakePackage('vgg', ['core', 'layers'], {
      'src/vgg.ts': "import { Module } from '@zoo/core';\nexport { Conv2d } from '@zoo/layers';\n",
    });
    expect(edgeProblems(pkg, rules)).toEqual([]);
  });

  it('refuses a family that imports another one, in any form of import', () => {
    const pkg = fakePackage('vgg', ['core'], {
      'src/static.ts': "import { LeNet } from '@zoo/lenet';\n",
      'src/types.ts': "import type { LeNet } from '@zoo/lenet';\n",
      'src/again.ts': "export { LeNet } from '@zoo/lenet';\n",
      'src/deep/lazy.ts': "export const load = () => import('@zoo/lenet/register');\n",
    });
    const problems = edgeProblems(pkg, rules);
    expect(problems).toHaveLength(4);
    expect(problems[0]).toBe('src/again.ts imports @zoo/lenet; vgg may use only core, layers');
  });

  it('refuses a forbidden dependency even where nothing imports it', () => {
    expect(edgeProblems(fakePackage('train', ['core', 'lenet'], {}), rules)).toEqual([
      'package.json depends on @zoo/lenet; train may use only core, layers, weights',
    ]);
  });

  it('finds imports that package.json does not declare, and paths out of the package', () => {
    const pkg = fakePackage('layers', [], {
      'src/index.ts': "import '@zoo/core';\nimport '../../core/src/rng.ts';\nimport '@zoo/layers';\n",
    });
    expect(edgeProblems(pkg, rules)).toEqual([
      'src/index.ts imports @zoo/core, which is not in dependencies',
      'src/index.ts reaches out of its package with ../../core/src/rng.ts',
      'src/index.ts imports its own package as @zoo/layers; use a relative path',
    ]);
  });

  it('does not take text in comments and strings for imports', () => {
    const pkg = fakePackage('core', [], {
      'src/index.ts': "// import '@zoo/lenet'\nexport const text = \"import '@zoo/lenet'\";\n",
    });
    expect(edgeProblems(pkg, rules)).toEqual([]);
  });

  it('knows engines by their prefix, apps by their folder, and takes the rest for families', () => {
    expect(allowedEdges({ id: 'backend-metal', path: 'packages/backend-metal' }, rules)).toEqual(['core']);
    expect(allowedEdges({ id: 'cli', path: 'apps/cli' }, rules)).toBeUndefined();
    expect(allowedEdges({ id: 'brand-new', path: 'packages/brand-new' }, rules)).toEqual(['core', 'layers']);
  });
});
