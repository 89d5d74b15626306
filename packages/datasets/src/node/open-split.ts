import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { ZooError } from '@zoo/core';
import type { ImageDataset } from '../image-dataset.ts';
import { type SplitName, splitOf } from '../split-names.ts';
import { isSplitFile } from './detect-format.ts';
import { byCodePoint } from './fingerprint.ts';
import { archiveRoot } from './image-archive.ts';
import { openImageRows } from './image-csv.ts';
import { describedImageFolder, type ImageFolderOptions } from './image-folder.ts';
import { chooseSplit, splitFolder } from './split-folder.ts';

export interface OpenSplitOptions extends ImageFolderOptions {
  split: SplitName;
  /** Where archives are extracted to; see `imageArchive`. */
  cacheDir?: string;
  signal?: AbortSignal | undefined;
}

export interface OpenedSplit {
  images: ImageDataset;
  /** Whether the data has splits of its own; without any, these are all its images. */
  hasSplits: boolean;
}

/** The split of a folder of class folders, or all of its images where it has no splits. */
async function folderSplit(folder: string, options: OpenSplitOptions, details: object): Promise<OpenedSplit> {
  const { split, cacheDir: _, signal: __, ...rest } = options;
  const own = await splitFolder(folder, split, rest);
  const images = await describedImageFolder(own ?? folder, rest, { ...details });
  return { images, hasSplits: own !== undefined };
}

/** `train.csv` and the like, or else `labels.csv`. */
async function csvFolderSplit(folder: string, options: OpenSplitOptions): Promise<OpenedSplit> {
  const found = new Map<SplitName, string[]>();
  for (const name of (await readdir(folder)).sort(byCodePoint)) {
    if (!isSplitFile(name)) continue;
    const split = splitOf(basename(name, extname(name)))!;
    found.set(split, [...(found.get(split) ?? []), name]);
  }
  if (found.size === 0) return openImageRows({ ...options, csv: join(folder, 'labels.csv') });
  const csv = join(folder, chooseSplit(found, { split: options.split, where: folder }));
  const { split: _, ...rest } = options;
  return { images: (await openImageRows({ ...rest, csv })).images, hasSplits: true };
}

/** How the image files at a path are listed. */
export type ListedIn = 'folder' | 'archive' | 'csv';

/**
 * One split of the labelled image files at a path: a folder of class folders, a zip archive, a CSV file or, as 'csv', a
 * folder of CSV files. Throws as `splitFolder` and as the reader of each; `NOT_SUPPORTED` for another kind of file.
 */
export async function openSplit(path: string, options: OpenSplitOptions, listedIn?: ListedIn): Promise<OpenedSplit> {
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
  const kind = listedIn ?? (isFolder ? 'folder' : kindOfFile(path));
  if (kind === 'csv') {
    const named = { name: 'image-csv', ...options };
    return isFolder ? csvFolderSplit(path, named) : openImageRows({ ...named, csv: path });
  }
  if (kind === 'folder') return folderSplit(path, { name: 'image-folder', ...options }, { format: 'image-folder' });
  const { folder, archive } = await archiveRoot(path, options);
  return folderSplit(folder, { name: 'image-archive', ...options }, { format: 'image-archive', archive });
}

function kindOfFile(path: string): ListedIn {
  if (/\.zip$/i.test(path)) return 'archive';
  if (/\.(csv|tsv)$/i.test(path)) return 'csv';
  throw new ZooError('NOT_SUPPORTED', `${path} is no data: name a folder, a .zip or a .csv file.`);
}
