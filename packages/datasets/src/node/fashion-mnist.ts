import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type DownloadProgress, isZooError, ZooError } from '@zoo/core';
import { downloadFile, openCached } from '@zoo/core/node';
import { fashionMnistFromBytes } from '../fashion-mnist.ts';
import type { Normalization, TensorDataset } from '../tensor-dataset.ts';
import { checkSplit, findIdxPair, type IdxPair, placesIn, type Split } from './idx-folder.ts';
import { fashionMnistFiles, fashionMnistMirrors, type OfficialFile } from './official-files.ts';
import { readCompressed } from './read-compressed.ts';

export interface FashionMnistOptions {
  split: Split;
  /** Folder with the official files, .gz or not, or torchvision's data folder. */
  root?: string;
  /** Fetches missing files: into `root` when that is given and this is true, else into the cache unless this is false. */
  download?: boolean;
  normalize?: Normalization;
  onProgress?: (progress: DownloadProgress) => void;
  signal?: AbortSignal;
  /** Stands in for the platform's `fetch`, e.g. one that knows a proxy. */
  fetch?: typeof globalThis.fetch;
  /** Addresses of folders with the official files, ending in '/'. */
  mirrors?: readonly string[];
}

/** Where downloads are kept: `$XDG_CACHE_HOME/zoo/datasets`, by default `~/.cache/zoo/datasets`. */
export const datasetCache = (): string =>
  join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'zoo', 'datasets');

/** Debian's package dataset-fashion-mnist. */
const debianFolder = '/usr/share/datasets/fashion-mnist';

async function download(folder: string, files: readonly OfficialFile[], options: FashionMnistOptions): Promise<void> {
  const { mirrors = fashionMnistMirrors, onProgress, signal, fetch } = options;
  for (const { name, bytes, sha256 } of files) {
    await downloadFile({
      urls: mirrors.map((mirror) => mirror + name),
      path: join(folder, name),
      bytes,
      sha256,
      ...(onProgress && { onProgress }),
      ...(signal && { signal }),
      ...(fetch && { fetch }),
    });
  }
}

const cacheFolder = (): string => join(datasetCache(), 'fashion-mnist');

async function locate(options: FashionMnistOptions): Promise<IdxPair> {
  const { split, root } = options;
  const cache = cacheFolder();
  const dataFolder = process.env['ZOO_DATA'];
  const folders =
    root !== undefined ? placesIn(root) : [...(dataFolder ? placesIn(dataFolder) : []), cache, debianFolder];
  const found = await findIdxPair(folders, split);
  if (found) return found;
  const files = fashionMnistFiles[split];
  const missing = `${files.images.name} and ${files.labels.name} are not in ${folders.join(', ')}.`;
  if (!(options.download ?? root === undefined)) {
    throw new ZooError('FILE_NOT_FOUND', `${missing} Name another root, or allow the download.`);
  }
  const target = root ?? cache;
  try {
    await download(target, [files.images, files.labels], options);
  } catch (error) {
    if (!isZooError(error) || error.code !== 'DOWNLOAD_FAILED') throw error;
    const hint = 'Name a root that has the files, or use fashion-mnist-mini, which needs no network.';
    throw new ZooError('DOWNLOAD_FAILED', `${missing} ${error.message} ${hint}`, { cause: error });
  }
  return { images: join(target, files.images.name), labels: join(target, files.labels.name) };
}

async function readOfficial(path: string, file: OfficialFile): Promise<Uint8Array> {
  const content = await readCompressed(path);
  if (createHash('sha256').update(content).digest('hex') === file.contentSha256) return content;
  const message = `${path} is not the official ${file.name.replace('.gz', '')} of Fashion-MNIST.`;
  throw new ZooError(
    'CHECKSUM_MISMATCH',
    `${message} Delete it to fetch it again, or open other data with idxFolder().`,
  );
}

/** Reads a file; one of the cache that is damaged is fetched again, one that the user has elsewhere is not touched. */
function openOfficial(path: string, file: OfficialFile, options: FashionMnistOptions): Promise<Uint8Array> {
  const folder = cacheFolder();
  if (path !== join(folder, file.name) || options.root !== undefined || options.download === false) {
    return readOfficial(path, file);
  }
  const cached = {
    path,
    fresh: false,
    isRight: async () =>
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex') === file.sha256,
    fetchAgain: async () => {
      await download(folder, [file], options);
      return path;
    },
    discard: () => rm(path, { force: true }),
  };
  return openCached(cached, (place) => readOfficial(place, file));
}

/**
 * Fashion-MNIST: 60,000 train and 10,000 test images of 28 x 28 pixels in 10 classes (Xiao, Rasul and Vollgraf 2017,
 * https://arxiv.org/abs/1708.07747). Looks for the official files in `root`, or else in the folder of the environment
 * variable ZOO_DATA, the cache and Debian's folder, and downloads them (30 MB, once) when they are in none.
 * Throws `FILE_NOT_FOUND`, `DOWNLOAD_FAILED`, `CHECKSUM_MISMATCH`, `CORRUPT_FILE` or `INTERRUPTED`, naming the file.
 */
export async function fashionMnist(options: FashionMnistOptions): Promise<TensorDataset> {
  const { split, normalize } = options;
  checkSplit(split);
  const pair = await locate(options);
  const files = fashionMnistFiles[split];
  const images = await openOfficial(pair.images, files.images, options);
  const labels = await openOfficial(pair.labels, files.labels, options);
  return fashionMnistFromBytes({
    images,
    labels,
    files: pair,
    name: `fashion-mnist/${split}`,
    ...(normalize && { normalize }),
  });
}
