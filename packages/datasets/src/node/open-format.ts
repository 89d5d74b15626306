import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { imagenetInput, ZooError } from '@zoo/core';
import { presetFor } from '@zoo/transforms';
import type { CaptionDataset } from '../caption-dataset.ts';
import type { Dataset } from '../dataset.ts';
import type { ImageDataset } from '../image-dataset.ts';
import { split as splitDataset } from '../split.ts';
import { captionFolder } from './caption-folder.ts';
import type { Split } from './idx-folder.ts';
import type { ImageFileOptions } from './image-folder.ts';
import { type ListedIn, openSplit } from './open-split.ts';
import { type VocSegmentationOptions, vocSegmentation } from './voc.ts';

/** Options of the image formats that the plug-in opens by name. */
export interface FormatOptions extends Partial<ImageFileOptions> {
  split?: Split | undefined;
  root?: string | undefined;
  /** Share of the images that is the test split where the data has none: the same ones every time. 0.2 unless given. */
  holdOut?: number | undefined;
  onNotice?: (notice: string) => void;
}

type Opened = FormatOptions & { root: string; split: Split; transform: ImageFileOptions['transform'] };

const needsRoot = (name: string): ZooError =>
  new ZooError('INVALID_ARGUMENT', `${name} needs a root: where the data is.`);

/** Options with their defaults; the transform is ImageNet's evaluation preset. */
function withDefaults(name: string, options: FormatOptions | undefined): Opened {
  const { root, split = 'train', transform = presetFor(imagenetInput()), ...rest } = options ?? {};
  if (root === undefined) throw needsRoot(name);
  return { ...rest, root, split, transform };
}

const isFile = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined))?.isFile() ?? false;

/** The split of data that has none of its own: each class divided by the same shares. */
function held(dataset: ImageDataset, split: Split, holdOut = 0.2): Dataset {
  if (!(holdOut >= 0 && holdOut < 1)) {
    throw new ZooError('INVALID_ARGUMENT', `holdOut is at least 0 and below 1, got ${holdOut}.`);
  }
  if (holdOut === 0) return dataset;
  const [train, test] = splitDataset(dataset, [1 - holdOut, holdOut], { stratify: true });
  return split === 'train' ? train! : test!;
}

/** The split where the data has splits, else a part of the whole. */
async function openListed(listedIn: ListedIn, options: FormatOptions | undefined): Promise<Dataset> {
  const { root, holdOut, ...rest } = withDefaults(`image-${listedIn}`, options);
  const { images, hasSplits } = await openSplit(root, rest, listedIn);
  return hasSplits ? images : held(images, rest.split, holdOut);
}

/** `root/train` or `root/test` where there are such folders, else a part of `root`. */
export const openImageFolder = (options?: FormatOptions): Promise<Dataset> => openListed('folder', options);

/** As `openImageFolder`, from the zip archive `root`. */
export const openImageArchive = (options?: FormatOptions): Promise<Dataset> => openListed('archive', options);

/** The CSV file `root`, or `train.csv` / `test.csv` or else a part of `labels.csv` in the folder `root`. */
export const openImageCsv = (options?: FormatOptions): Promise<Dataset> => openListed('csv', options);

async function firstOf(root: string, names: readonly string[]): Promise<string> {
  const present: string[] = await readdir(root).catch(() => []);
  const found = names.find((name) => present.includes(name));
  if (found !== undefined) return join(root, found);
  throw new ZooError('FILE_NOT_FOUND', `${root} has none of ${names.join(', ')}.`);
}

/** A folder with Flickr8k's files, as its authors or Kaggle lay them out. */
export async function openCaptions(options?: FormatOptions): Promise<CaptionDataset> {
  const { root, split, holdOut: _, ...rest } = withDefaults('captions', options);
  const list = join(root, `Flickr_8k.${split}Images.txt`);
  return captionFolder({
    ...rest,
    captions: await firstOf(root, ['Flickr8k.token.txt', 'captions.txt', 'captions.csv']),
    images: await firstOf(root, ['Flicker8k_Dataset', 'Flickr8k_Dataset', 'Images', 'images']),
    ...((await isFile(list)) && { list }),
  });
}

/** A folder with Pascal VOC, cropped as d2l does unless a crop or a transform is given. */
export async function openVoc(options?: FormatOptions & Partial<VocSegmentationOptions>): Promise<Dataset> {
  const { split = 'train', holdOut: _, onNotice: __, root, transform, cropSize = [320, 480], ...rest } = options ?? {};
  if (root === undefined) throw needsRoot('voc-segmentation');
  const crop = transform ? { transform } : { cropSize };
  return vocSegmentation({ imageSet: split === 'train' ? 'train' : 'val', ...rest, ...crop, root });
}
