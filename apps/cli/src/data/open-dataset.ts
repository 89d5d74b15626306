import { resolve } from 'node:path';
import { formatShape, type InputSpec, nameKey, plainInput, type Registry, ZooError } from '@zoo/core';
import { type Dataset, subset } from '@zoo/datasets';
import type { LoadOptions } from '@zoo/datasets/node';
import { holdsIdxFiles, openIdxFolder } from './idx-folder.ts';
import { ImageSource } from './image-source.ts';
import { type OpenImagesOptions, openImages } from './open-images.ts';
import { ResizedDataset } from './resized-dataset.ts';

export interface OpenOptions {
  registry: Registry;
  cwd: string;
  /** A dataset's name, a folder of images or of IDX files, a zip archive, or a CSV file. */
  data: string;
  split: 'train' | 'test';
  withoutSplits?: OpenImagesOptions['withoutSplits'];
  classNames?: OpenImagesOptions['classNames'];
  /** The net's own pixel format: pixels are normalized as it says. */
  inputSpec?: InputSpec | undefined;
  /** Height and width that images of another size are resized to. */
  size?: readonly [number, number] | undefined;
  /** Use only so many images, the first ones. */
  images?: number | null | undefined;
  onProgress?: NonNullable<LoadOptions['onProgress']>;
  onNotice?: (notice: string) => void;
  signal?: AbortSignal;
}

/** Image files are given this side until a net says its own. */
const unknownSide = 224;

/** Labelled images, as the commands use them. */
export interface LabelledImages {
  dataset: Dataset;
  labels: Int32Array;
  classNames: readonly string[];
  /** Whether the images have no size of their own but what was asked for. */
  anySize: boolean;
}

function normalization({ mean, std }: InputSpec): LoadOptions['normalize'] {
  const plain = mean.every((m) => m === 0) && std.every((s) => s === 1);
  return plain ? undefined : { mean, std };
}

async function load({ inputSpec, size: _, images: __, ...where }: OpenOptions): Promise<Dataset | ImageSource> {
  const { registry, cwd, data, split, withoutSplits: ___, onNotice: ____, classNames: _____, ...rest } = where;
  const normalize = inputSpec && normalization(inputSpec);
  const options: LoadOptions = { split, ...(normalize && { normalize }), ...rest };
  if (registry.listDatasets().includes(data)) return (await registry.dataset(data).load(options)) as Dataset;
  const folder = resolve(cwd, data);
  if (await holdsIdxFiles(folder)) return openIdxFolder(folder, registry, options);
  return openImages(where);
}

/** Image files, which have any size, at the wanted one or the net's own. */
function prepared(source: ImageSource, { inputSpec, size }: OpenOptions): Dataset {
  const spec = inputSpec ?? plainInput({ channels: source.channels, size: unknownSide });
  if (!size || formatShape(size) === formatShape(spec.size)) return source.preparedFor(spec);
  const { resize: _, ...rest } = spec; // it goes with the net's own size
  return source.preparedFor({ ...rest, size });
}

type Loaded = Pick<LabelledImages, 'dataset' | 'anySize'>;

/** The dataset at the wanted size; at its own when that is the same. */
async function loadAtSize(options: OpenOptions): Promise<Loaded> {
  const { size, inputSpec } = options;
  const plain = await load({ ...options, ...(size && { inputSpec: undefined }) });
  if (plain instanceof ImageSource) return { dataset: prepared(plain, options), anySize: true };
  const own = (dataset: Dataset): Loaded => ({ dataset, anySize: false });
  if (!size || plain.inputShape.length !== 3) return own(plain); // the latter is refused by the caller
  const normalize = inputSpec && normalization(inputSpec);
  if (plain.inputShape[0] !== size[0] || plain.inputShape[1] !== size[1])
    return own(new ResizedDataset(plain, { size, normalize }));
  return own(normalize ? ((await load(options)) as Dataset) : plain);
}

/** Opens one split of a dataset by name or folder. Throws for data that is not labelled images. */
export async function openDataset(options: OpenOptions): Promise<LabelledImages> {
  const { dataset, anySize } = await loadAtSize(options);
  const { labels, classNames, inputShape } = dataset;
  if (!labels || inputShape.length !== 3) {
    throw new ZooError('INVALID_ARGUMENT', `${options.data} does not hold images with class labels.`);
  }
  if (dataset.length === 0) throw new ZooError('INVALID_ARGUMENT', `${options.data} has no ${options.split} images.`);
  const numClasses = classNames?.length ?? labels.reduce((most, label) => Math.max(most, label + 1), 0);
  const names = classNames ?? Array.from({ length: numClasses }, (_, label) => `${label}`);
  const { images } = options;
  if (images === null || images === undefined || images >= dataset.length) return { dataset, labels, classNames: names, anySize };
  const first = Array.from({ length: images }, (_, i) => i);
  return { dataset: subset(dataset, first), labels: labels.slice(0, images), classNames: names, anySize };
}

/**
 * The same, labelled in the order of a net's own classes where they hold all of the data's: a folder without images of some
 * class would have other labels.
 */
export async function openForNet(options: OpenOptions, own: readonly string[] | undefined): Promise<LabelledImages> {
  const images = await openDataset(options);
  const names = new Set(own?.map(nameKey));
  const known = images.classNames.every((name) => names.has(nameKey(name)));
  return known ? openDataset({ ...options, classNames: own }) : images;
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
