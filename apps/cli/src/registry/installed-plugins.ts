import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** An installed package that calls itself a plug-in. */
export interface InstalledPackage {
  name: string;
  folder: string;
  manifest: Record<string, unknown>;
}

export const pluginKeyword = 'zoo-plugin';

const entriesOf = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

async function nearestModules(cwd: string): Promise<string | undefined> {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const modules = join(folder, 'node_modules');
    if ((await entriesOf(modules)).length > 0) return modules;
    if (dirname(folder) === folder) return undefined;
  }
}

async function packageNames(modules: string): Promise<string[]> {
  const names: string[] = [];
  for (const entry of await entriesOf(modules)) {
    if (entry.startsWith('.')) continue;
    if (entry.startsWith('@'))
      names.push(...(await entriesOf(join(modules, entry))).map((inner) => `${entry}/${inner}`));
    else names.push(entry);
  }
  return names.sort();
}

/** Packages with the keyword `zoo-plugin` in the nearest node_modules at or above `cwd`. */
export async function installedPlugins(cwd: string): Promise<InstalledPackage[]> {
  const modules = await nearestModules(cwd);
  if (!modules) return [];
  const read = async (name: string): Promise<InstalledPackage | undefined> => {
    const folder = join(modules, name);
    try {
      const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Record<string, unknown>;
      const { keywords } = manifest;
      return Array.isArray(keywords) && keywords.includes(pluginKeyword) ? { name, folder, manifest } : undefined;
    } catch {
      return undefined; // a folder without a readable manifest is no package
    }
  };
  const found = await Promise.all((await packageNames(modules)).map(read));
  return found.filter((entry) => entry !== undefined);
}
