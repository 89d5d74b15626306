import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bundleForBrowser } from '../check/browser-bundle.ts';

const options = { notInBrowsers: ['sharp'], conditions: ['browser', 'import'] };
let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'zoo-bundle-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function write(path: string, code: string): string {
  mkdirSync(join(dir, path, '..'), { recursive: true });
  writeFileSync(join(dir, path), code);
  return join(dir, path);
}

describe('browser bundle check', () => {
  it('accepts plain code', async () => {
    const entry = write('entry.js', 'export const answer = 42;');
    expect((await bundleForBrowser(entry, options)).forbidden).toEqual([]);
  });

  it('finds node: modules and native packages behind dynamic imports of a dependency', async () => {
    write('node_modules/dep/index.js', "export const load = () => Promise.all([import('node:fs'), import('sharp')]);");
    write('node_modules/dep/package.json', '{"name":"dep","type":"module","exports":"./index.js"}');
    const entry = write('entry.js', "export * from 'dep';");
    const { forbidden } = await bundleForBrowser(entry, options);
    expect(forbidden.map((line) => line.split(' ')[0]).sort()).toEqual(['node:fs', 'sharp']);
  });

  it('accepts a built-in module that a browser field replaces, and refuses one that none does', async () => {
    write('node_modules/dep/index.js', "import fs from 'fs';\nexport default fs;");
    const manifest = { name: 'dep', type: 'module', main: './index.js' };
    write('node_modules/dep/package.json', JSON.stringify({ ...manifest, browser: { fs: false } }));
    const entry = write('entry.js', "export { default } from 'dep';");
    expect((await bundleForBrowser(entry, options)).forbidden).toEqual([]);
    write('node_modules/dep/package.json', JSON.stringify(manifest));
    await expect(bundleForBrowser(entry, options)).rejects.toThrow(/Could not resolve "fs"/);
  });
});
