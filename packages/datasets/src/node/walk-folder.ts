import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { ZooError } from '@zoo/core';
import { isSystemName } from '../system-files.ts';
import { byCodePoint, fileSizes } from './fingerprint.ts';

/** Extensions of the image types that `decodeImage` reads. */
export const imageExtensions: readonly string[] = [
  ...['.jpg', '.jpeg', '.jpe', '.jfif', '.png', '.webp', '.gif', '.tif', '.tiff', '.avif'],
  ...['.bmp', '.pbm', '.pgm', '.ppm', '.pnm'],
];

/** Why a file or folder was left out. */
export type IgnoreReason = 'hidden' | 'no image' | 'broken link' | 'link loop' | 'outside the classes';

export interface IgnoredFile {
  /** Path from the folder's root, with `/`. */
  name: string;
  reason: IgnoreReason;
}

export interface FolderFile {
  /** Path from the folder's root, with `/`. */
  name: string;
  path: string;
  /** In bytes. */
  size: number;
}

export interface WalkedFolder {
  /** Folder by folder, each in code point order, as torchvision sorts them. */
  files: FolderFile[];
  ignored: IgnoredFile[];
}

/** Whether a file's name has one of the extensions, given with or without their dot. */
export function imageFilter(extensions: readonly string[] = imageExtensions): (name: string) => boolean {
  const wanted = new Set(extensions.map((e) => (e.startsWith('.') ? e : `.${e}`).toLowerCase()));
  return (name) => wanted.has(extname(name).toLowerCase());
}

/** What an entry is behind a symbolic link. */
export async function kindOf(
  entry: Dirent,
  path: string,
): Promise<'file' | 'folder' | 'other' | 'broken link' | 'link loop'> {
  if (!entry.isSymbolicLink()) return entry.isFile() ? 'file' : entry.isDirectory() ? 'folder' : 'other';
  try {
    const found = await stat(path);
    return found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ELOOP' ? 'link loop' : 'broken link';
  }
}

/**
 * All images below `root`, nested folders included. Hidden and system files, other files, broken links and links that lead back to a
 * folder they lie in are left out and listed. Throws `FILE_NOT_FOUND` for a folder that cannot be read.
 */
export async function walkFolder(
  root: string,
  { extensions }: { extensions?: readonly string[] | undefined } = {},
): Promise<WalkedFolder> {
  const isImage = imageFilter(extensions);
  const names: string[] = [];
  const ignored: IgnoredFile[] = [];
  const visit = async (folder: string, above: readonly string[]): Promise<void> => {
    const path = join(root, folder);
    let entries: Dirent[];
    let real: string;
    try {
      real = await realpath(path);
      entries = await readdir(path, { withFileTypes: true });
    } catch (cause) {
      throw new ZooError('FILE_NOT_FOUND', `Cannot read the folder ${path}: ${(cause as Error).message}.`, { cause });
    }
    const folders: string[] = [];
    for (const entry of entries.sort((a, b) => byCodePoint(a.name, b.name))) {
      const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (isSystemName(entry.name)) {
        ignored.push({ name, reason: 'hidden' });
        continue;
      }
      const kind = await kindOf(entry, join(root, name));
      if (kind === 'folder') {
        const target = entry.isSymbolicLink() ? await realpath(join(root, name)) : undefined;
        if (target !== undefined && (target === real || above.includes(target))) {
          ignored.push({ name, reason: 'link loop' });
        } else folders.push(name);
      } else if (kind === 'broken link' || kind === 'link loop') ignored.push({ name, reason: kind });
      else if (kind === 'file' && isImage(entry.name)) names.push(name);
      else ignored.push({ name, reason: 'no image' });
    }
    for (const child of folders) await visit(child, [...above, real]);
  };
  await visit('', []);
  const folderOf = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf('/')));
  names.sort((a, b) => byCodePoint(folderOf(a), folderOf(b)) || byCodePoint(a, b));
  const paths = names.map((name) => join(root, name));
  const sizes = await fileSizes(paths);
  return { files: names.map((name, i) => ({ name, path: paths[i]!, size: sizes[i] ?? 0 })), ignored };
}

/** What was left out in words, or `undefined` where only hidden files were. */
export function describeIgnored(root: string, ignored: readonly IgnoredFile[]): string | undefined {
  const told = ignored.filter(({ reason }) => reason !== 'hidden');
  if (told.length === 0) return undefined;
  const byReason = groupByReason(told);
  const parts = [...byReason].map(([reason, files]) => {
    const more = files.length > 3 ? ` and ${files.length - 3} more` : '';
    return `${reason}: ${files
      .slice(0, 3)
      .map(({ name }) => name)
      .join(', ')}${more}`;
  });
  return `${root}: ${told.length} left out (${parts.join('; ')}).`;
}

function groupByReason(files: readonly IgnoredFile[]): Map<IgnoreReason, IgnoredFile[]> {
  const groups = new Map<IgnoreReason, IgnoredFile[]>();
  for (const file of files) groups.set(file.reason, [...(groups.get(file.reason) ?? []), file]);
  return groups;
}
