import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { isZooError, plainInput, type Registry, unknownName, ZooError } from '@zoo/core';
import { type Dataset, ImageDataset, TensorDataset, toImageDataset } from '@zoo/datasets';
import { type LoadOptions, openSplit } from '@zoo/datasets/node';
import { Compose, presetFor, Resize, ToTensor } from '@zoo/transforms';
import { holdsIdxFiles, openIdxFolder } from './idx-folder.ts';
import { ImageSource } from './image-source.ts';
import { partOf, spread } from './select-images.ts';


export type SplitName = 'train' | 'test';

/** A share of every class, in an order that the seed draws. */
interface Part {
  range: readonly [from: number, to: number];
  seed: number;
}

export interface OpenImagesOptions {
  registry: Registry;
  /** Relative paths begin here. */
  cwd: string;
  /** A dataset's name, a folder of images or of IDX files, a zip archive, or a CSV file. */
  data: string;
  split: SplitName;
  /**
   * What becomes of image files without splits: all are the split (default), it is refused, or a fifth of each class, always
   * the same images, is the test split.
   */
  withoutSplits?: 'all' | 'refuse' | 'hold out' | undefined;
  /** Classes in the order of their labels, where other images have set it; some may have no images here. */
  classNames?: readonly string[] | undefined;
  /** Use only a part, from one share of the images to another, in an order that the seed draws class by class. */
  part?: Part | undefined;
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
  /** Absent where the data has no splits of its own. */
  split?: SplitName;
}

// Image files have any size: until a net says what it takes, they are given the usual one.
const placeholder = presetFor(plainInput({ channels: 3, size: 224 }));

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Datasets of tensors become images again; anything else cannot be prepared for a net. */
function imagesOf(dataset: Dataset, { data, split }: OpenImagesOptions): Opened {
  if (dataset instanceof ImageDataset) return { images: dataset, split };
  if (!(dataset instanceof TensorDataset) || dataset.inputShape.length !== 3)
    throw new ZooError('INVALID_ARGUMENT', `${data} does not hold images with class labels.`);
  const [height, width] = dataset.inputShape as [number, number];
  const transform = new Compose([new Resize([height, width]), new ToTensor()]);
  return { images: toImageDataset(dataset, { transform }), tensors: dataset, split };
}

async function openFiles(path: string, options: OpenImagesOptions): Promise<Opened> {
  const { split, onNotice, classNames, signal } = options;
  const known = classNames && { classNames, allowEmptyClasses: true };
  const { images, hasSplits } = await openSplit(path, { split, transform: placeholder, onNotice, signal, ...known });
  return { images, ...(hasSplits && { split }) };
}

async function open(options: OpenImagesOptions): Promise<Opened> {
  const { registry, cwd, data, split, signal, onProgress } = options;
  const load = { split, ...(signal && { signal }), ...(onProgress && { onProgress }) };
  if (registry.listDatasets().includes(data))
    return imagesOf((await registry.dataset(data).load(load)) as Dataset, options);
  const path = resolve(cwd, data);
  if (await holdsIdxFiles(path)) return imagesOf(await openIdxFolder(path, registry, load), options);
  if (await exists(path)) return openFiles(path, options);
  if (/[\\/.]/.test(data)) throw new ZooError('FILE_NOT_FOUND', `There is no folder ${path}, and no file of that name.`);
  const error = unknownName('dataset', data, registry.listDatasets());
  throw new ZooError(error.code, `${error.message} There is no folder or file of that name in ${cwd} either.`);
}

/** The part that is the split where the data itself has none; undefined for all of it. */
function partWithoutSplits({ data, split, withoutSplits = 'all', onNotice }: OpenImagesOptions): Part | undefined {
  if (withoutSplits === 'refuse') {
    const advice = `Put the images into folders train and test, or leave out the split to take all.`;
    throw new ZooError('FILE_NOT_FOUND', `${data} has no splits, so no '${split}'. ${advice}`);
  }
  if (withoutSplits === 'all') {
    if (split === 'test') onNotice?.(`${data} has no splits: all of its images are taken.`);
    return undefined;
  }
  onNotice?.(`${data} has no splits: a fifth of each class, always the same images, is held out as test images.`);
  return { range: split === 'train' ? [0, 0.8] : [0.8, 1], seed: 0 };
}

/** Opens one split of labelled images. Throws `FILE_NOT_FOUND`, `UNKNOWN_NAME` or what the data's own reader throws. */
export async function openImages(options: OpenImagesOptions): Promise<ImageSource> {
  const { registry, data, split, part, images: limit } = options;
  const { images, tensors, split: own } = await open(options);
  const { labels, classNames } = images;
  const most = labels?.reduce((largest, label) => Math.max(largest, label + 1), 0) ?? 0;
  const whole = new ImageSource(images, {
    name: registry.listDatasets().includes(data) ? `${data} (${split})` : basename(data),
    classNames: classNames ?? Array.from({ length: most }, (_, label) => `${label}`),
    ...(tensors && { tensors }),
  });
  const held = own ? undefined : partWithoutSplits(options);
  const rest = held ? whole.take(partOf(whole.labels, held)) : whole;
  const source = part ? rest.take(partOf(rest.labels, part)) : rest;
  return limit === undefined || limit >= source.length ? source : source.take(spread(source.labels, limit));
}
