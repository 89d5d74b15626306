import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type InputSpec, type Registry, unknownName, ZooError } from '@zoo/core';
import { type Dataset, subset } from '@zoo/datasets';
import type { LoadOptions } from '@zoo/datasets/node';
import { openIdxFolder } from './idx-folder.ts';
import { ResizedDataset } from './resized-dataset.ts';

export interface OpenOptions {
  registry: Registry;
  cwd: string;
  /** A dataset's name or a folder with IDX files. */
  data: string;
  split: 'train' | 'test';
  /** The net's own pixel format: pixels are normalized as it says. */
  inputSpec?: InputSpec | undefined;
  /** Height and width that images of another size are resized to. */
  size?: readonly [number, number] | undefined;
  /** Use only so many images, the first ones. */
  images?: number | null | undefined;
  onProgress?: NonNullable<LoadOptions['onProgress']>;
  signal?: AbortSignal;
}

/** Labelled images, as the commands use them. */
export interface LabelledImages {
  dataset: Dataset;
  labels: Int32Array;
  classNames: readonly string[];
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );

function normalization({ mean, std }: InputSpec): LoadOptions['normalize'] {
  const plain = mean.every((m) => m === 0) && std.every((s) => s === 1);
  return plain ? undefined : { mean, std };
}

async function load({ registry, cwd, data, split, inputSpec, size: _, images: __, ...rest }: OpenOptions): Promise<Dataset> {
  const normalize = inputSpec && normalization(inputSpec);
  const options: LoadOptions = { split, ...(normalize && { normalize }), ...rest };
  if (registry.listDatasets().includes(data)) return (await registry.dataset(data).load(options)) as Dataset;
  const folder = resolve(cwd, data);
  if (await isFolder(folder)) return openIdxFolder(folder, registry, options);
  if (/[\\/]/.test(data)) throw new ZooError('FILE_NOT_FOUND', `There is no folder ${folder}.`);
  const error = unknownName('dataset', data, registry.listDatasets());
  throw new ZooError(error.code, `${error.message} There is no folder of that name in ${cwd} either.`);
}

/** The dataset at the wanted size; at its own when that is the same. */
async function loadAtSize(options: OpenOptions): Promise<Dataset> {
  const { size, inputSpec } = options;
  if (!size) return load(options);
  const plain = await load({ ...options, inputSpec: undefined });
  const normalize = inputSpec && normalization(inputSpec);
  if (plain.inputShape.length !== 3) return plain; // refused by the caller
  if (plain.inputShape[0] !== size[0] || plain.inputShape[1] !== size[1])
    return new ResizedDataset(plain, { size, normalize });
  return normalize ? load(options) : plain;
}

/** Opens one split of a dataset by name or folder. Throws for data that is not labelled images. */
export async function openDataset(options: OpenOptions): Promise<LabelledImages> {
  const dataset = await loadAtSize(options);
  const { labels, classNames, inputShape } = dataset;
  if (!labels || inputShape.length !== 3) {
    throw new ZooError('INVALID_ARGUMENT', `${options.data} does not hold images with class labels.`);
  }
  if (dataset.length === 0) throw new ZooError('INVALID_ARGUMENT', `${options.data} has no ${options.split} images.`);
  const numClasses = classNames?.length ?? labels.reduce((most, label) => Math.max(most, label + 1), 0);
  const names = classNames ?? Array.from({ length: numClasses }, (_, label) => `${label}`);
  const { images } = options;
  if (images === null || images === undefined || images >= dataset.length) return { dataset, labels, classNames: names };
  const first = Array.from({ length: images }, (_, i) => i);
  return { dataset: subset(dataset, first), labels: labels.slice(0, images), classNames: names };
}

/** Every label must be one of the net's classes. */
export function checkLabels({ labels }: LabelledImages, options: { data: string; numClasses: number }): void {
  const { data, numClasses } = options;
  const wrong = labels.findIndex((label) => label < 0 || label >= numClasses);
  if (wrong < 0) return;
  throw new ZooError(
    'SHAPE_MISMATCH',
    `${data}: image ${wrong} has label ${labels[wrong]}, but the net has ${numClasses} classes.`,
  );
}
