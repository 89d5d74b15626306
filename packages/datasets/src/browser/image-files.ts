import { unknownName, ZooError } from '@zoo/core';
import { checkDistinct, labelsByName } from '../class-names.ts';
import { ImageDataset, type ImageDatasetOptions } from '../image-dataset.ts';
import { isSystemPath } from '../system-files.ts';

export interface ImageFilesOptions extends Omit<ImageDatasetOptions, 'items'> {
  /** The class of every file, by number or by its name in `classNames`. */
  labels?: readonly (number | string)[];
}

/** The last part of a URL's path, or all of what is no such URL. */
function lastPart(url: string): string {
  return decodeURIComponent(new URL(url, 'http://localhost').pathname.split('/').pop() || url);
}

/** Its place in a folder that was chosen or dropped, else its name. */
const pathOf = (file: File): string => file.webkitRelativePath || file.name;

/**
 * A dataset of files chosen or dropped on a page, of Blobs, or of URLs. Hidden files and those of systems, such as
 * `.DS_Store` in a dropped folder, are left out with their labels. Without `classNames`, labels that are names give the
 * classes, in alphabetical order. Throws `INVALID_ARGUMENT` where labels and files do not match, `UNKNOWN_NAME` for a label
 * that is none of `classNames`, `DUPLICATE_NAME` for classes that differ by case or the spelling of accents only.
 */
export function imageFiles(
  files: Iterable<File | Blob | string | URL>,
  { labels, classNames, ...options }: ImageFilesOptions,
): ImageDataset {
  const list = [...files];
  if (labels && labels.length !== list.length) {
    throw new ZooError('INVALID_ARGUMENT', `${list.length} image files, but ${labels.length} labels.`);
  }
  const own = list
    .map((file, i) => ({ file, label: labels?.[i] }))
    .filter(({ file }) => !(file instanceof File && isSystemPath(pathOf(file))));
  const named = own.map(({ label }) => label).filter((label) => typeof label === 'string');
  const classes = classNames ?? (named.length > 0 ? [...new Set(named)].sort() : undefined);
  if (classes && !classNames) checkDistinct(classes, 'The labels hold');
  const labelOf = labelsByName(classes ?? []);
  const items = own.map(({ file, label }, i) => {
    const source = file instanceof URL ? file.href : file;
    const name = typeof source === 'string' ? lastPart(source) : source instanceof File ? source.name : `image ${i}`;
    if (label === undefined) return { name, source };
    const number = typeof label === 'string' ? labelOf(label) : label;
    if (number !== undefined) return { name, source, label: number };
    throw new ZooError('UNKNOWN_NAME', `'${name}': ${unknownName('class', String(label), classes!).message}`);
  });
  return new ImageDataset({ ...options, items, ...(classes && { classNames: classes }) });
}
