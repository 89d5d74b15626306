import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type DownloadProgress, isZooError, ZooError } from '@zoo/core';
import { downloadFile, openCached } from '@zoo/core/node';
import { type CifarVariant, cifarFromBytes } from '../cifar.ts';
import type { ImageDataset, ImageDatasetOptions } from '../image-dataset.ts';
import type { Normalization, TensorDataset } from '../tensor-dataset.ts';
import { toImageDataset } from '../to-image-dataset.ts';
import { datasetCache } from './fashion-mnist.ts';
import { checkSplit, type Split } from './idx-folder.ts';
import { readTar } from './read-tar.ts';

/** How CIFAR's authors publish one of their sets, as binary files in an archive. */
interface CifarRelease {
  archive: string;
  folder: string;
  /** SHA-256 of the archive. */
  sha256: string;
  files: Readonly<Record<Split, readonly string[]>>;
}

export const cifarReleases: Readonly<Record<CifarVariant, CifarRelease>> = {
  cifar10: {
    archive: 'cifar-10-binary.tar.gz', // MD5 as listed by the authors: c32a1d4ab5d03f1284b67883e8d87530
    folder: 'cifar-10-batches-bin',
    sha256: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
    files: { train: [1, 2, 3, 4, 5].map((n) => `data_batch_${n}.bin`), test: ['test_batch.bin'] },
  },
  cifar100: {
    archive: 'cifar-100-binary.tar.gz', // MD5: 03b5dce01913d631647c71ecec9e9cb8
    folder: 'cifar-100-binary',
    sha256: '58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec',
    files: { train: ['train.bin'], test: ['test.bin'] },
  },
};

const mirror = 'https://www.cs.toronto.edu/~kriz/';

export interface CifarOptions {
  split: Split;
  /** Folder with the archive, with the .bin files, or with the folder that the archive unpacks to. */
  root?: string | undefined;
  /** Fetches the archive: into `root` when that is given and this is true, else into the cache unless this is false. */
  download?: boolean | undefined;
  normalize?: Normalization | undefined;
  onProgress?: ((progress: DownloadProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
  /** Stands in for the platform's `fetch`, e.g. one that knows a proxy. */
  fetch?: typeof globalThis.fetch | undefined;
  /** Addresses of folders with the archive, ending in '/'. */
  mirrors?: readonly string[] | undefined;
}

export interface Cifar100Options extends CifarOptions {
  /** Which classes are the labels: the 100 fine ones (default) or the 20 coarse ones. */
  labels?: 'fine' | 'coarse' | undefined;
}

/** With these the images go through a transform, on worker threads if wanted. */
export type CifarTransformOptions = Pick<ImageDatasetOptions, 'transform' | 'seed'>;

type AllOptions = Cifar100Options & Partial<CifarTransformOptions>;

const isFile = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined))?.isFile() ?? false;

/** The folder of the split's .bin files, or the archive. */
async function find(variant: CifarVariant, split: Split, roots: readonly string[]): Promise<string | undefined> {
  const { archive, folder, files } = cifarReleases[variant];
  for (const root of roots) {
    for (const place of [root, join(root, folder)]) {
      if (await isFile(join(place, files[split][0]!))) return place;
    }
    if (await isFile(join(root, archive))) return join(root, archive);
  }
  return undefined;
}

const cacheFolder = (): string => join(datasetCache(), 'cifar');

async function download(variant: CifarVariant, path: string, options: AllOptions): Promise<void> {
  const { mirrors = [mirror], onProgress, signal, fetch } = options;
  const { archive, sha256 } = cifarReleases[variant];
  await downloadFile({
    urls: mirrors.map((address) => address + archive),
    path,
    sha256,
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
    ...(fetch && { fetch }),
  });
}

async function locate(variant: CifarVariant, options: AllOptions): Promise<string> {
  const { root, split } = options;
  const { archive, files } = cifarReleases[variant];
  const cache = cacheFolder();
  const dataFolder = process.env['ZOO_DATA'];
  const roots = root !== undefined ? [root] : [...(dataFolder ? [dataFolder] : []), cache];
  const found = await find(variant, split, roots);
  if (found !== undefined) return found;
  const missing = `Neither ${archive} nor ${files[split].join(', ')} of it are in ${roots.join(', ')}.`;
  if (!(options.download ?? root === undefined)) {
    throw new ZooError('FILE_NOT_FOUND', `${missing} Name another root, or allow the download.`);
  }
  const path = join(root ?? cache, archive);
  try {
    await download(variant, path, options);
  } catch (error) {
    if (!isZooError(error) || error.code !== 'DOWNLOAD_FAILED') throw error;
    throw new ZooError('DOWNLOAD_FAILED', `${missing} ${error.message}`, { cause: error });
  }
  return path;
}

async function readFiles(place: string, names: readonly string[]): Promise<{ name: string; bytes: Uint8Array }[]> {
  if (place.endsWith('.tar.gz')) {
    return [...(await readTar(place, names))].map(([name, bytes]) => ({ name: `${place}: ${name}`, bytes }));
  }
  const files: { name: string; bytes: Uint8Array }[] = [];
  for (const name of names.map((file) => join(place, file))) {
    const bytes = await readFile(name).catch((cause: Error) => {
      throw new ZooError('FILE_NOT_FOUND', `Could not read ${name}: ${cause.message}.`, { cause });
    });
    files.push({ name, bytes });
  }
  return files;
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece);
  return hash.digest('hex');
}

/** The split's files; a damaged archive of the cache is fetched again, one that the user has elsewhere is not touched. */
function openFiles(variant: CifarVariant, place: string, options: AllOptions) {
  const { archive, files, sha256 } = cifarReleases[variant];
  const names = files[options.split];
  if (place !== join(cacheFolder(), archive) || options.root !== undefined || options.download === false) {
    return readFiles(place, names);
  }
  const cached = {
    path: place,
    fresh: false,
    isRight: async () => (await sha256Of(place)) === sha256,
    fetchAgain: async () => {
      await download(variant, place, options);
      return place;
    },
    discard: () => rm(place, { force: true }),
  };
  return openCached(cached, (path) => readFiles(path, names));
}

async function open(variant: CifarVariant, options: AllOptions): Promise<TensorDataset | ImageDataset> {
  const { split, labels, normalize, transform, seed } = options;
  checkSplit(split);
  if (transform && normalize) {
    throw new ZooError('INVALID_ARGUMENT', `${variant}: give normalize or a transform, which can end in Normalize.`);
  }
  const files = await openFiles(variant, await locate(variant, options), options);
  const hash = createHash('sha256');
  for (const { bytes } of files) hash.update(bytes);
  const dataset = cifarFromBytes(variant, {
    files,
    name: `${variant}/${split}`,
    content: hash.digest('hex'),
    ...(labels && { labels }),
    ...(normalize && { normalize }),
  });
  return transform ? toImageDataset(dataset, { transform, ...(seed !== undefined && { seed }) }) : dataset;
}

/**
 * CIFAR-10: 50,000 train and 10,000 test images of 32 x 32 pixels in 10 classes (Krizhevsky 2009,
 * https://www.cs.toronto.edu/~kriz/cifar.html). Looks for the binary version in `root`, or else in the folder of the
 * environment variable ZOO_DATA and in the cache, and downloads it (170 MB, once, SHA-256 checked) when it is in neither.
 * Throws `FILE_NOT_FOUND`, `DOWNLOAD_FAILED`, `CHECKSUM_MISMATCH`, `CORRUPT_FILE` or `INTERRUPTED`, naming the file.
 */
export function cifar10(options: CifarOptions & CifarTransformOptions): Promise<ImageDataset>;
export function cifar10(options: CifarOptions): Promise<TensorDataset>;
export function cifar10(options: CifarOptions & Partial<CifarTransformOptions>): Promise<TensorDataset | ImageDataset> {
  return open('cifar10', options);
}

/** CIFAR-100: as CIFAR-10, with 100 classes in 20 superclasses. Throws as `cifar10`. */
export function cifar100(options: Cifar100Options & CifarTransformOptions): Promise<ImageDataset>;
export function cifar100(options: Cifar100Options): Promise<TensorDataset>;
export function cifar100(options: AllOptions): Promise<TensorDataset | ImageDataset> {
  return open('cifar100', options);
}
