// What each entry point that browsers load adds to a page, gzipped: its own code and third-party dependencies, without
// tfjs and other @zoo packages. Limits are in tooling/size-limits.json; `pnpm size:update` sets them anew.
import { existsSync, readdirSync, readFileSync } from 'node:fs';

const json = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
const { limits, otherwise } = json('./tooling/size-limits.json');
const { nodeOnly } = json('./tooling/package-rules.json');

const entries = readdirSync(new URL('./packages', import.meta.url)).flatMap((folder) => {
  if (!existsSync(new URL(`./packages/${folder}/package.json`, import.meta.url))) return [];
  const manifest = json(`./packages/${folder}/package.json`);
  if (manifest.private || nodeOnly.packages.includes(folder)) return [];
  return Object.entries(manifest.exports ?? {})
    .filter(([key, target]) => typeof target === 'object' && !nodeOnly.entries.includes(key))
    .map(([key, target]) => {
      const built = target.browser ?? target.default;
      return {
        name: `${manifest.name}${key.slice(1)}`,
        path: `packages/${folder}/${typeof built === 'string' ? built : built.default}`,
      };
    });
});

export default entries.map(({ name, path }) => ({
  name,
  path,
  limit: limits[name] ?? otherwise,
  gzip: true,
  modifyEsbuildConfig: (config) => ({
    ...config,
    platform: 'browser',
    conditions: ['browser', 'module', 'import'],
    external: ['@tensorflow/*', '@zoo/*', '#*', 'node:*'],
  }),
}));
