import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { ZooError } from '@zoo/core';
import { withFileLock } from '@zoo/core/node';
import type { ImageDataset } from '../image-dataset.ts';
import { type SplitName, splitNames } from '../split-names.ts';
import { isSystemPath } from '../system-files.ts';
import type { ZipLimits } from './check-zip.ts';
import { extractZip } from './extract-zip.ts';
import { datasetCache } from './fashion-mnist.ts';
import { byCodePoint, fileFingerprint } from './fingerprint.ts';
import { describedImageFolder, type ImageFolderOptions, type ScanOptions } from './image-folder.ts';
import { findSplits, lookInside, splitFolder } from './split-folder.ts';
import { imageFilter } from './walk-folder.ts';

export interface ImageArchiveOptions extends ImageFolderOptions, ZipLimits {
  /** Opens the folder of this split inside the archive; needed where there are splits. */
  split?: SplitName;
  /** Where archives are extracted to; `archives` in the cache of downloads unless given. */
  cacheDir?: string;
  signal?: AbortSignal | undefined;
}

/** Archives often hold everything in one folder, or several inside each other: goes down to what branches. */
async function unwrap(folder: string, options: Pick<ScanOptions, 'extensions'>): Promise<string> {
  for (let current = folder; ; ) {
    const { folders, images } = await lookInside(current, options);
    if (folders.length !== 1 || images) return current;
    const only = join(current, folders[0]!);
    if ((await lookInside(only, options)).folders.length === 0) return current;
    current = only;
  }
}

/** The folder with the archive's images, extracted now or by an earlier call. */
async function extractedFolder(
  file: string,
  hash: string,
  options: Omit<ImageArchiveOptions, 'transform'>,
): Promise<string> {
  const { cacheDir = join(datasetCache(), 'archives'), signal, onNotice = console.warn } = options;
  const { maxBytes, maxRatio, maxFiles } = options;
  const folder = join(cacheDir, `${basename(file, extname(file))}-${hash.slice(0, 16)}`);
  const exists = async (): Promise<boolean> => (await stat(folder).catch(() => undefined))?.isDirectory() ?? false;
  if (await exists()) return folder;
  await mkdir(cacheDir, { recursive: true }).catch((cause: Error) => {
    throw new ZooError('WRITE_FAILED', `Could not make ${cacheDir}: ${cause.message}.`, { cause });
  });
  const extract = async () => {
    if (await exists()) return; // another process extracted it meanwhile
    for (const name of await readdir(cacheDir)) {
      const abandoned = name.startsWith(`.${basename(folder)}.`) && name.endsWith('.tmp'); // by a killed process
      if (abandoned) await rm(join(cacheDir, name), { recursive: true, force: true });
    }
    const isImage = imageFilter(options.extensions);
    const { files, skipped } = await extractZip(file, folder, {
      accept: (name) => !isSystemPath(name) && isImage(name),
      maxBytes,
      maxRatio,
      maxFiles,
      signal,
    });
    if (files === 0) {
      await rm(folder, { recursive: true });
      throw new ZooError('FILE_NOT_FOUND', `${file} has no images among its ${skipped.length} files.`);
    }
    const told = skipped.filter((name) => !isSystemPath(name));
    if (told.length > 0) {
      onNotice(
        `${file}: ${told.length} of ${files + skipped.length} files are no images and were left out: ${told[0]}${told.length > 1 ? ', ...' : '.'}`,
      );
    }
  };
  await withFileLock(folder, extract, { signal });
  return folder;
}

/** The extracted archive's folder with the classes or splits, and the SHA-256 of the archive. */
export async function archiveRoot(
  file: string,
  options: Omit<ImageArchiveOptions, 'transform'>,
): Promise<{ folder: string; archive: string }> {
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) throw new ZooError('FILE_NOT_FOUND', `There is no archive ${file}.`);
  const archive = await fileFingerprint(file);
  return { folder: await unwrap(await extractedFolder(file, archive, options), options), archive };
}

/**
 * Labelled images from a zip archive of class folders, also inside folders of splits (`hotdog/train/not-hotdog/1.png`), such
 * as d2l's hotdog.zip. Its images are extracted once, into a folder of the cache that is named by the archive's SHA-256 and
 * appears when it is complete. Archives with paths that lead out, links, duplicate names or too much content are refused.
 * Throws as `extractZip` and `imageFolder`.
 */
export async function imageArchive(file: string, options: ImageArchiveOptions): Promise<ImageDataset> {
  const { split, cacheDir: _, signal: __, maxBytes: ___, maxRatio: ____, maxFiles: _____, ...rest } = options;
  const { folder, archive } = await archiveRoot(file, options);
  const splits = await findSplits(folder, options);
  if (split === undefined && splits && rest.classNames === undefined) {
    const there = [...splits.values()].flat().sort(byCodePoint).join(', ');
    const names = splitNames.filter((name) => splits.has(name)).map((name) => `'${name}'`);
    throw new ZooError('INVALID_ARGUMENT', `${file} has splits: ${there}. Choose one: split: ${names.join(' or ')}.`);
  }
  if (split !== undefined && !splits) {
    const { folders } = await lookInside(folder, options);
    const message = `${file} has no splits, so no '${split}', only the folders ${folders.join(', ')}.`;
    throw new ZooError('FILE_NOT_FOUND', `${message} Leave out the split to open it as a whole.`);
  }
  const root = (split && (await splitFolder(folder, split, options))) ?? folder;
  return describedImageFolder(root, { name: 'image-archive', ...rest }, { format: 'image-archive', archive });
}
