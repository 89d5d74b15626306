import { readdir, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { splitOf } from '../split-names.ts';
import { cifarReleases } from './cifar.ts';

/** Names under which the plug-in `datasets` opens data at a path. */
export type FormatName =
  | 'idx-folder'
  | 'image-folder'
  | 'image-archive'
  | 'image-csv'
  | 'cifar10'
  | 'cifar100'
  | 'voc-segmentation'
  | 'captions';

const byExtension: Readonly<Record<string, FormatName>> = {
  '.zip': 'image-archive',
  '.csv': 'image-csv',
  '.tsv': 'image-csv',
};

/** What gives a folder's format away, the most telling first. */
const signs: readonly (readonly [FormatName, RegExp])[] = [
  ['idx-folder', /^(train|t10k)-(images-idx3|labels-idx1)-ubyte(\.gz)?$/],
  [
    'cifar10',
    new RegExp(`^(${cifarReleases.cifar10.folder}|data_batch_1\\.bin|test_batch\\.bin|cifar-10-binary\\.tar\\.gz)$`),
  ],
  ['cifar100', new RegExp(`^(${cifarReleases.cifar100.folder}|train\\.bin|test\\.bin|cifar-100-binary\\.tar\\.gz)$`)],
  ['voc-segmentation', /^(VOCdevkit|VOC20\d\d|JPEGImages)$/],
  ['captions', /^(Flickr8k\.token\.txt|captions\.(txt|csv))$/],
  ['image-csv', /^labels\.csv$/i],
];

/** Whether a CSV file is named for a split, such as `train.csv`. */
export const isSplitFile = (name: string): boolean =>
  /\.csv$/i.test(name) && splitOf(name.slice(0, -'.csv'.length)) !== undefined;

/**
 * Which dataset of the plug-in opens a file or folder, by names alone; a folder without other signs is an image folder.
 * `undefined` for a path that does not exist or a file of another type.
 */
export async function detectFormat(path: string): Promise<FormatName | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile()) return byExtension[extname(path).toLowerCase()];
  if (!found?.isDirectory()) return undefined;
  const names = await readdir(path);
  const telling = signs.find(([, sign]) => names.some((name) => sign.test(name)))?.[0];
  return telling ?? (names.some(isSplitFile) ? 'image-csv' : 'image-folder');
}
