import { readdir } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../exit-codes.ts';
import { type Manifest, ownFolders, readPackage, upwards } from './project.ts';

/** A package, or a module file without one, that brings plug-ins. */
export interface PluginSource {
  name: string;
  folder: string;
  /** Absent where `file` is named itself. */
  manifest?: Manifest;
  file?: string;
}

const pluginKeyword = 'zoo-plugin';

const packageName = /^(@[\w~-][\w.~-]*\/)?[\w~-][\w.~-]*$/;

const dependencyKinds = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];

function dependenciesOf(manifest: Manifest): string[] {
  const names = dependencyKinds.flatMap((kind) => Object.keys(manifest[kind] ?? {}));
  return [...new Set(names)].filter((name) => packageName.test(name)).sort();
}

const hasKeyword = ({ keywords }: Manifest): boolean => Array.isArray(keywords) && keywords.includes(pluginKeyword);

/** The package in the first of the folders' `node_modules` that has it. */
async function installedIn(folders: Iterable<string>, name: string): Promise<PluginSource | undefined> {
  for (const folder of folders) {
    const found = await readPackage(join(folder, 'node_modules', name));
    if (found) return { name, ...found };
  }
  return undefined;
}

/** The folders of the project that `cwd` lies in, its own first; none where there is no package.json. */
async function project(cwd: string): Promise<{ folders: string[]; names: string[] }> {
  const own = await ownFolders(cwd);
  for (const [i, folder] of own.entries()) {
    const found = await readPackage(folder);
    if (found) return { folders: own.slice(i), names: dependenciesOf(found.manifest) };
  }
  return { folders: [], names: [] };
}

/** Installed packages with the keyword `zoo-plugin` that the project's own package.json names as dependencies. */
export async function projectPlugins(cwd: string): Promise<PluginSource[]> {
  const { folders, names } = await project(cwd);
  const found = await Promise.all(names.map((name) => installedIn(folders, name)));
  return found.filter((entry) => entry !== undefined).filter(({ manifest }) => hasKeyword(manifest!));
}

const entriesOf = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

/** Names of the packages with the keyword that lie in the nearest `node_modules`, whoever put them there. Nothing is run. */
export async function lyingAround(cwd: string): Promise<string[]> {
  for (const folder of upwards(cwd)) {
    const modules = join(folder, 'node_modules');
    const entries = await entriesOf(modules);
    if (entries.length === 0) continue;
    const scoped = entries.filter((entry) => entry.startsWith('@'));
    const inner = await Promise.all(
      scoped.map(async (scope) => (await entriesOf(join(modules, scope))).map((name) => `${scope}/${name}`)),
    );
    const names = [...entries, ...inner.flat()].filter((name) => packageName.test(name));
    const found = await Promise.all(names.map(async (name) => ({ name, ...(await readPackage(join(modules, name))) })));
    return found
      .filter(({ manifest }) => manifest && hasKeyword(manifest))
      .map(({ name }) => name)
      .sort();
  }
  return [];
}

const isPath = (text: string): boolean => /^(\.{1,2}([\\/]|$)|file:)/.test(text) || isAbsolute(text);

async function pluginAt(text: string, cwd: string): Promise<PluginSource> {
  const path = text.startsWith('file:') ? fileURLToPath(text) : resolve(cwd, text);
  const found = await readPackage(path);
  return found ? { name: text, ...found } : { name: text, folder: dirname(path), file: path };
}

/**
 * What the user names: a path, or a package that is installed beside this program or, if not there, for the working folder: what
 * ZOO_PLUGINS names once must not become another package in another folder.
 */
export async function namedPlugin(text: string, cwd: string): Promise<PluginSource> {
  if (isPath(text)) return pluginAt(text, cwd);
  const beside = dirname(fileURLToPath(import.meta.url));
  const found = packageName.test(text)
    ? await installedIn([...upwards(beside), ...(await ownFolders(cwd))], text)
    : undefined;
  if (found) return found;
  throw new UsageError(
    `There is no plug-in '${text}': no package of that name is installed beside the program or here. A path begins with './' or '/'.`,
  );
}
