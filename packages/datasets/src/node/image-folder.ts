import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { unknownName, ZooError } from '@zoo/core';
import { ImageDataset, type ImageDatasetOptions } from '../image-dataset.ts';
import { byCodePoint, filesFingerprint, needFolder } from './fingerprint.ts';
import { describeIgnored, type FolderFile, type IgnoredFile, walkFolder } from './walk-folder.ts';

/** What every dataset of image files passes on to `ImageDataset`. */
export type ImageFileOptions = Omit<
  ImageDatasetOptions,
  'items' | 'classNames' | 'details' | 'maskColors' | 'maskFill'
>;

export interface ScanOptions {
  /** Extensions of image files; those of the types that can be decoded unless given. */
  extensions?: readonly string[] | undefined;
  /** Classes in the order of their labels, e.g. the training set's; the folders' names in order unless given. */
  classNames?: readonly string[] | undefined;
  /** Fewer classes are refused; 2 unless given. */
  minClasses?: number | undefined;
  /** Keeps classes without an image instead of refusing them. */
  allowEmptyClasses?: boolean | undefined;
  /** Hears what was left out; `console.warn` unless given. */
  onNotice?: ((notice: string) => void) | undefined;
}

export interface ImageFolderOptions extends ImageFileOptions, ScanOptions {}

/** What an image folder holds. */
export interface ScannedFolder {
  classNames: readonly string[];
  files: (FolderFile & { label: number })[];
  ignored: IgnoredFile[];
}

const folded = (name: string): string => name.normalize('NFC').toLowerCase();

function checkCase(names: readonly string[], dir: string): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    const other = seen.get(folded(name));
    if (other !== undefined) {
      const message = `${dir} has the class folders '${other}' and '${name}', which differ by case or accents only.`;
      throw new ZooError('DUPLICATE_NAME', `${message} Merge or rename them.`);
    }
    seen.set(folded(name), name);
  }
}

const splitNames: Readonly<Record<'train' | 'test', readonly string[]>> = {
  train: ['train', 'training'],
  test: ['test', 'val', 'valid', 'validation', 'testing'],
};

/** The folder of a split inside `dir`, such as `dir/train`, or `undefined` where there is none. */
export async function splitFolder(dir: string, split: 'train' | 'test'): Promise<string | undefined> {
  if (!Object.hasOwn(splitNames, split)) throw unknownName('split', String(split), Object.keys(splitNames));
  for (const name of splitNames[split]) {
    const found = await stat(join(dir, name)).catch(() => undefined);
    if (found?.isDirectory()) return join(dir, name);
  }
  return undefined;
}

const isSplitName = (name: string): boolean => [...splitNames.train, ...splitNames.test].includes(name);

/** Whether the folders of `dir` are splits rather than classes: named so, with folders of images in them. */
export async function holdsSplits(dir: string): Promise<boolean> {
  const inside = async (path: string) =>
    (await readdir(path, { withFileTypes: true })).filter(({ name }) => !name.startsWith('.'));
  const folders = (await inside(dir)).filter((entry) => entry.isDirectory()).map(({ name }) => name);
  if (folders.length === 0 || !folders.every(isSplitName)) return false;
  const inner = await Promise.all(folders.map((name) => inside(join(dir, name))));
  return inner.every((entries) => entries.length > 0 && entries.every((entry) => entry.isDirectory()));
}

/** Why there may be fewer classes than expected, as a hint. */
async function layoutHint(dir: string, classes: readonly string[], outside: readonly unknown[]): Promise<string> {
  const [only] = classes;
  if (classes.length === 1 && only !== undefined) {
    const inner = (await readdir(join(dir, only), { withFileTypes: true })).filter((entry) => entry.isDirectory());
    if (inner.length > 1) return `Did you mean ${join(dir, only)}, which has ${inner.length} folders?`;
  }
  const loose = outside.length > 0 ? `${outside.length} images lie directly in it. ` : '';
  return `${loose}Put each class's images into a folder of its own, or open them with imageCsv().`;
}

/**
 * The classes and image files of a folder whose sub-folders are the classes, as torchvision's ImageFolder: classes and
 * files in code point order, nested folders included. Throws `FILE_NOT_FOUND` for a folder that is missing, empty or has a
 * class without images, `DUPLICATE_NAME` for classes that differ by case only, `UNKNOWN_NAME` for a folder that is none of
 * `classNames`, and `INVALID_ARGUMENT` for fewer than `minClasses` classes, or for splits instead of classes.
 */
export async function scanImageFolder(dir: string, options: ScanOptions = {}): Promise<ScannedFolder> {
  const { extensions, minClasses = 2, allowEmptyClasses = false } = options;
  await needFolder(dir, 'imageFolder');
  const walked = await walkFolder(dir, { extensions });
  const outside = walked.files.filter(({ name }) => !name.includes('/'));
  const ignored: IgnoredFile[] = [
    ...walked.ignored,
    ...outside.map(({ name }): IgnoredFile => ({ name, reason: 'outside the classes' })),
  ];
  const hidden = new Set(walked.ignored.map(({ name }) => name));
  const folders: string[] = [];
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    if (hidden.has(entry.name) || entry.isFile()) continue;
    if ((await stat(join(dir, entry.name))).isDirectory()) folders.push(entry.name);
  }
  folders.sort(byCodePoint);
  const hint = (): Promise<string> => layoutHint(dir, folders, outside);
  if (folders.length === 0) throw new ZooError('FILE_NOT_FOUND', `${dir} has no class folders. ${await hint()}`);
  checkCase(folders, dir);
  if (options.classNames === undefined && (await holdsSplits(dir))) {
    throw new ZooError(
      'INVALID_ARGUMENT',
      `${dir} has splits, not classes: ${folders.join(', ')}. Open one, ${(await splitFolder(dir, 'train')) ?? join(dir, folders[0]!)}, or give classNames if they are classes.`,
    );
  }
  const classNames = options.classNames ?? folders;
  const foreign = folders.find((name) => !classNames.includes(name));
  if (foreign !== undefined) {
    throw new ZooError('UNKNOWN_NAME', `${dir}: ${unknownName('class', foreign, classNames).message}`);
  }
  if (classNames.length < minClasses) {
    const message = `${dir} has ${classNames.length === 1 ? `one class only, '${classNames[0]}'` : 'too few classes'}`;
    throw new ZooError('INVALID_ARGUMENT', `${message}; at least ${minClasses} are needed. ${await hint()}`);
  }
  const files = walked.files.flatMap((file) => {
    const slash = file.name.indexOf('/');
    return slash < 0 ? [] : [{ ...file, label: classNames.indexOf(file.name.slice(0, slash)) }];
  });
  const filled = new Set(files.map(({ label }) => label));
  const empty = classNames.filter((_, label) => !filled.has(label));
  if (files.length === 0 || (empty.length > 0 && !allowEmptyClasses)) {
    const which = empty.length === 1 ? `the class '${empty[0]}' has` : `the classes ${empty.join(', ')} have`;
    const advice = 'Add some, remove the folder, or set allowEmptyClasses.';
    const left = describeIgnored(dir, ignored);
    throw new ZooError('FILE_NOT_FOUND', `${dir}: ${which} no images. ${advice}${left ? ` ${left}` : ''}`);
  }
  return { classNames, files, ignored };
}

/** The dataset of `imageFolder`, described with further details. */
export async function describedImageFolder(
  dir: string,
  options: ImageFolderOptions,
  details: Readonly<Record<string, unknown>>,
): Promise<ImageDataset> {
  const { extensions, classNames, minClasses, allowEmptyClasses, onNotice = console.warn, ...rest } = options;
  const scanned = await scanImageFolder(dir, { extensions, classNames, minClasses, allowEmptyClasses });
  const notice = describeIgnored(dir, scanned.ignored);
  if (notice) onNotice(notice);
  return new ImageDataset({
    ...rest,
    items: scanned.files.map(({ name, path, label }) => ({ name, source: path, label })),
    classNames: scanned.classNames,
    details: { ...details, content: filesFingerprint(scanned.files) },
  });
}

/**
 * Labelled images from a folder of class folders, `dir/cat/1.jpg`; see `scanImageFolder` for the order, what is left out and
 * what is refused. Files are decoded when a batch asks for them.
 */
export function imageFolder(dir: string, options: ImageFolderOptions): Promise<ImageDataset> {
  return describedImageFolder(dir, { name: 'image-folder', ...options }, { format: 'image-folder' });
}
