import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export type Manifest = Record<string, unknown>;

/** A folder with a package.json, and what that says. */
export interface PackageFolder {
  folder: string;
  manifest: Manifest;
}

export const readPackage = async (folder: string): Promise<PackageFolder | undefined> => {
  try {
    const manifest: unknown = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    if (typeof manifest !== 'object' || manifest === null) return undefined;
    return { folder, manifest: manifest as Manifest };
  } catch {
    return undefined; // a folder without a readable package.json is no package
  }
};

/** Every folder from `start` up to the root. */
export function* upwards(start: string): Generator<string> {
  let folder = start;
  for (; dirname(folder) !== folder; folder = dirname(folder)) yield folder;
  yield folder;
}

const sharedByAll = 0o1002;

/**
 * The folders from `cwd` up that belong to whoever works in it: the walk ends below a folder of another owner, and
 * before one that everybody may write into, such as /tmp, where anyone could leave a package.json.
 */
export async function ownFolders(cwd: string): Promise<string[]> {
  const own: string[] = [];
  let owner: number | undefined;
  for (const folder of upwards(await realpath(cwd).catch(() => cwd))) {
    const { uid, mode } = await stat(folder).catch(() => ({ uid: undefined, mode: 0 }));
    const shared = process.platform !== 'win32' && (mode & sharedByAll) === sharedByAll;
    owner ??= uid;
    if (uid === undefined || shared || uid !== owner) break;
    own.push(folder);
  }
  return own;
}
