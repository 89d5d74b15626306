import { ZooError } from '@zoo/core';
import { ImageDataset, type ImageDatasetOptions } from '../image-dataset.ts';

export interface ImageFilesOptions extends Omit<ImageDatasetOptions, 'items'> {
  /** The class of every file, by number or by its name in `classNames`. */
  labels?: readonly (number | string)[];
}

/** The last part of a URL's path, or all of what is no such URL. */
function lastPart(url: string): string {
  return decodeURIComponent(new URL(url, 'http://localhost').pathname.split('/').pop() || url);
}

/**
 * A dataset of files chosen or dropped on a page, of Blobs, or of URLs. Without `classNames`, labels that are names give
 * the classes, in alphabetical order. Throws `INVALID_ARGUMENT` where labels and files do not match.
 */
export function imageFiles(
  files: Iterable<File | Blob | string | URL>,
  { labels, classNames, ...options }: ImageFilesOptions,
): ImageDataset {
  const list = [...files];
  if (labels && labels.length !== list.length) {
    throw new ZooError('INVALID_ARGUMENT', `${list.length} image files, but ${labels.length} labels.`);
  }
  const named = labels?.filter((label) => typeof label === 'string') ?? [];
  const classes = classNames ?? (named.length > 0 ? [...new Set(named)].sort() : undefined);
  const items = list.map((file, i) => {
    const source = file instanceof URL ? file.href : file;
    const name = typeof source === 'string' ? lastPart(source) : source instanceof File ? source.name : `image ${i}`;
    const label = labels?.[i];
    if (label === undefined) return { name, source };
    const number = typeof label === 'string' ? classes!.indexOf(label) : label;
    if (number >= 0) return { name, source, label: number };
    throw new ZooError(
      'INVALID_ARGUMENT',
      `'${name}' has the label '${label}', which is not among ${classes!.join(', ')}.`,
    );
  });
  return new ImageDataset({ ...options, items, ...(classes && { classNames: classes }) });
}
