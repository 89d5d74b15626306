/** `pnpm check:browser`: no browser build of any package may contain `node:`, sharp, linkedom, plots or native engines. */
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { exportTargets } from './build/exports-check.ts';
import { bundleForBrowser } from './check/browser-bundle.ts';
import { readRules } from './check/rules.ts';
import { publicPackages, root } from './workspace.ts';

const rules = readRules();
let failures = 0;
let bundles = 0;

for (const pkg of publicPackages()) {
  if (rules.nodeOnly.packages.includes(pkg.id)) continue;
  for (const [key, target] of Object.entries(pkg.manifest.exports ?? {})) {
    if (key === './package.json' || rules.nodeOnly.entries.includes(key) || typeof target === 'string') continue;
    const source = target['@zoo/source'];
    const entries = source === undefined ? [] : exportTargets(source);
    // Where an entry has a `browser` source of its own, that one is what browsers get.
    const browser = typeof source === 'object' ? source['browser'] : undefined;
    const entry = typeof browser === 'string' ? browser : entries[0];
    if (!entry || !existsSync(join(pkg.dir, entry))) continue;
    const name = key === '.' ? `@zoo/${pkg.id}` : `@zoo/${pkg.id}${key.slice(1)}`;
    try {
      const { forbidden, bytes } = await bundleForBrowser(join(pkg.dir, entry), {
        notInBrowsers: rules.notInBrowsers,
        conditions: ['@zoo/source', 'browser', 'module', 'import'],
      });
      bundles++;
      if (forbidden.length > 0) failures++;
      console.log(
        `${forbidden.length === 0 ? 'ok  ' : 'FAIL'} ${name} (${Math.round(bytes / 1000)} kB minified, all inclusive)`,
      );
      for (const line of forbidden) console.error(`     contains ${line.replace(`${root}/`, '')}`);
    } catch (error) {
      failures++;
      console.error(`FAIL ${name}: ${relative(root, entry)} does not bundle for browsers: ${(error as Error).message}`);
    }
  }
}
console.log(`${bundles} browser bundles, ${failures} with content that browsers cannot load`);
process.exitCode = failures > 0 ? 1 : 0;
