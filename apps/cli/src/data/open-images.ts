import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { isZooError, plainInput, type Registry, unknownName, ZooError } from '@zoo/core';
import { type Dataset, ImageDataset, TensorDataset, toImageDataset } from '@zoo/datasets';
import { imageArchive, imageCsv, imageFolder, type LoadOptions, splitFolder } from '@zoo/datasets/node';
import { Compose, presetFor, Resize, ToTensor } from '@zoo/transforms';
import { holdsIdxFiles, openIdxFolder } from './idx-folder.ts';
import { ImageSource } from './image-source.ts';
import { partOf, spread } from './select-images.ts';


export type SplitName = 'train' | 'test';

export interface OpenImagesOptions {
  registry: Registry;
  /** Relative paths begin here. */
  cwd: string;
  /** A dataset's name, a folder of images or of IDX files, a zip archive, or a CSV file. */
  data: string;
  split: SplitName;
  /** Classes in the order of their labels, where other images have set it. */
  classNames?: readonly string[];
  /** Use only a part, from one share of the images to another, in an order that the seed draws class by class. */
  part?: { range: readonly [number, number]; seed: number } | undefined;
  /** Use only so many images, spread over the classes. */
  images?: number | undefined;
  signal?: AbortSignal;
  onProgress?: NonNullable<LoadOptions['onProgress']>;
  onNotice?: (notice: string) => void;
}

interface Opened {
  images: ImageDataset;
  /** The same images, where they came as tensors. */
  tensors?: TensorDataset;
}

// Image files have any size: until a net says what it takes, they are given the usual one.
const placeholder = presetFor(plainInput({ channels: 3, size: 224 }));

const kindOf = (path: string): Promise<'file' | 'folder' | 'nothing'> =>
  stat(path).then(
    (stats) => (stats.isDirectory() ? 'folder' : 'file'),
    () => 'nothing',
  );

/** Datasets of tensors become images again; anything else cannot be prepared for a net. */
function imagesOf(dataset: Dataset, data: string): Opened {
  if (dataset instanceof ImageDataset) return { images: dataset };
  if (!(dataset instanceof TensorDataset) || dataset.inputShape.length !== 3)
    throw new ZooError('INVALID_ARGUMENT', `${data} does not hold images with class labels.`);
  const [height, width] = dataset.inputShape as [number, number];
  const transform = new Compose([new Resize([height, width]), new ToTensor()]);
  return { images: toImageDataset(dataset, { transform }), tensors: dataset };
}

async function openFolder(folder: string, options: OpenImagesOptions): Promise<Opened> {
  const { registry, split, onNotice, classNames, signal, onProgress } = options;
  const load = { split, ...(signal && { signal }), ...(onProgress && { onProgress }) };
  if (await holdsIdxFiles(folder)) return imagesOf(await openIdxFolder(folder, registry, load), folder);
  const inner = (await splitFolder(folder, split)) ?? folder;
  return { images: await imageFolder(inner, { transform: placeholder, onNotice, classNames }) };
}

async function openArchive(path: string, { split, onNotice, classNames, signal }: OpenImagesOptions): Promise<Opened> {
  const options = { transform: placeholder, onNotice, classNames, signal };
  try {
    return { images: await imageArchive(path, { ...options, split }) };
  } catch (error) {
    if (!isZooError(error) || error.code !== 'FILE_NOT_FOUND') throw error;
    return { images: await imageArchive(path, options) }; // an archive without splits
  }
}

async function open(options: OpenImagesOptions): Promise<Opened> {
  const { registry, cwd, data, split, classNames, signal, onProgress } = options;
  if (registry.listDatasets().includes(data)) {
    const load = { split, ...(signal && { signal }), ...(onProgress && { onProgress }) };
    return imagesOf((await registry.dataset(data).load(load)) as Dataset, data);
  }
  const path = resolve(cwd, data);
  const kind = await kindOf(path);
  if (kind === 'folder') return openFolder(path, options);
  if (kind === 'file') {
    if (/\.zip$/i.test(path)) return openArchive(path, options);
    if (/\.(csv|tsv)$/i.test(path))
      return { images: await imageCsv({ csv: path, transform: placeholder, classNames }) };
    throw new ZooError('NOT_SUPPORTED', `${path} is no data: name a folder, a .zip or a .csv file.`);
  }
  if (/[\\/.]/.test(data)) throw new ZooError('FILE_NOT_FOUND', `There is no folder ${path}, and no file of that name.`);
  const error = unknownName('dataset', data, registry.listDatasets());
  throw new ZooError(error.code, `${error.message} There is no folder or file of that name in ${cwd} either.`);
}

/** Opens one split of labelled images. Throws `FILE_NOT_FOUND`, `UNKNOWN_NAME` or what the data's own reader throws. */
export async function openImages(options: OpenImagesOptions): Promise<ImageSource> {
  const { registry, data, split, part, images: limit } = options;
  const { images, tensors } = await open(options);
  const { labels, classNames } = images;
  const most = labels?.reduce((largest, label) => Math.max(largest, label + 1), 0) ?? 0;
  const whole = new ImageSource(images, {
    name: registry.listDatasets().includes(data) ? `${data} (${split})` : basename(data),
    classNames: classNames ?? Array.from({ length: most }, (_, label) => `${label}`),
    ...(tensors && { tensors }),
  });
  const source = part ? whole.take(partOf(whole.labels, part)) : whole;
  return limit === undefined || limit >= source.length ? source : source.take(spread(source.labels, limit));
}
