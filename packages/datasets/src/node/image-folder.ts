import { join } from 'node:path';
import { unknownName, ZooError } from '@zoo/core';
import { checkDistinct, labelsByName } from '../class-names.ts';
import { ImageDataset, type ImageDatasetOptions } from '../image-dataset.ts';
import { byCodePoint, filesFingerprint, needFolder } from './fingerprint.ts';
import { findSplits, lookInside } from './split-folder.ts';
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

/** Why there may be fewer classes than expected, as a hint. */
async function layoutHint(dir: string, classes: readonly string[], outside: readonly unknown[]): Promise<string> {
  const [only] = classes;
  if (classes.length === 1 && only !== undefined) {
    const inner = (await lookInside(join(dir, only))).folders;
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
  const left = new Set(walked.ignored.map(({ name }) => name)); // links in a circle
  const folders = (await lookInside(dir)).folders.filter((name) => !left.has(name));
  const hint = (): Promise<string> => layoutHint(dir, folders, outside);
  if (folders.length === 0) throw new ZooError('FILE_NOT_FOUND', `${dir} has no class folders. ${await hint()}`);
  checkDistinct(folders, `${dir} has the class folders`);
  const classNames = options.classNames ?? folders;
  const labelOf = labelsByName(classNames);
  const splits = [...((await findSplits(dir, { extensions }))?.values() ?? [])].flat();
  if (splits.length > 0 && !(options.classNames && splits.every((name) => labelOf(name) !== undefined))) {
    const message = `${dir} has splits, not classes: ${[...splits].sort(byCodePoint).join(', ')}.`;
    const advice = `Open one, such as ${join(dir, splits[0]!)}, or give classNames if they are classes.`;
    throw new ZooError('INVALID_ARGUMENT', `${message} ${advice}`);
  }
  const foreign = folders.find((name) => labelOf(name) === undefined);
  if (foreign !== undefined) {
    throw new ZooError('UNKNOWN_NAME', `${dir}: ${unknownName('class', foreign, classNames).message}`);
  }
  if (classNames.length < minClasses) {
    const message = `${dir} has ${classNames.length === 1 ? `one class only, '${classNames[0]}'` : 'too few classes'}`;
    throw new ZooError('INVALID_ARGUMENT', `${message}; at least ${minClasses} are needed. ${await hint()}`);
  }
  const files = walked.files.flatMap((file) => {
    const slash = file.name.indexOf('/');
    return slash < 0 ? [] : [{ ...file, label: labelOf(file.name.slice(0, slash))! }];
  });
  const filled = new Set(files.map(({ label }) => label));
  const empty = classNames.filter((_, label) => !filled.has(label));
  if (files.length === 0 || (empty.length > 0 && !allowEmptyClasses)) {
    const which = empty.length === 1 ? `the class '${empty[0]}' has` : `the classes ${empty.join(', ')} have`;
    const advice = 'Add some, remove the folder, or set allowEmptyClasses.';
    const told = describeIgnored(dir, ignored);
    throw new ZooError('FILE_NOT_FOUND', `${dir}: ${which} no images. ${advice}${told ? ` ${told}` : ''}`);
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
