import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rewriteSpecifiers } from '../build/declarations.ts';
import { exportProblems } from '../build/exports-check.ts';

describe('declarations', () => {
  it('rewrites relative .ts specifiers of every kind and nothing else', () => {
    const code = [
      "import type { A } from './a.ts';",
      "export { b } from '../b/b.ts';",
      "export declare const c: import('./c.ts').C;",
      "import { d } from '@zoo/core';",
      "export declare const text = './not-an-import.ts';",
    ].join('\n');
    expect(rewriteSpecifiers(code)).toBe(
      [
        "import type { A } from './a.js';",
        "export { b } from '../b/b.js';",
        "export declare const c: import('./c.js').C;",
        "import { d } from '@zoo/core';",
        "export declare const text = './not-an-import.ts';",
      ].join('\n'),
    );
  });
});

describe('exports check', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'zoo-exports-'));
    mkdirSync(join(dir, 'dist'));
    mkdirSync(join(dir, 'src'));
    for (const file of ['src/index.ts', 'dist/index.js', 'dist/index.d.ts']) writeFileSync(join(dir, file), '');
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const index = { '@zoo/source': './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' };
  const manifest = { name: '@zoo/x', version: '0.0.0', exports: { '.': index } };

  it('is content when both agree', () => {
    expect(exportProblems(dir, manifest, ['src/index.ts'])).toEqual([]);
  });

  it('names an export whose file was not built', () => {
    const broken = { ...manifest, exports: { ...manifest.exports, './node': { default: './dist/node.js' } } };
    expect(exportProblems(dir, broken, ['src/index.ts'])).toEqual([
      'exports["./node"] names ./dist/node.js, which was not built',
    ]);
  });

  it('names an entry point that nobody can import', () => {
    expect(exportProblems(dir, manifest, ['src/index.ts', 'src/node.ts'])).toEqual([
      'src/node.ts is an entry in tsup.config.ts, but no export leads to ./dist/node.js',
    ]);
  });
});
