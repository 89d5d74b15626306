import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ZooError } from '@zoo/core';
import { Compose, Normalize, RandomCrop, ToTensor } from '@zoo/transforms';
import { decodeImage } from '@zoo/transforms/node';
import sharp from 'sharp';
import { ImageDataset } from '../image-dataset.ts';
import { parseNameList } from '../name-list.ts';
import { vocClassNames, vocColormap, vocColorsToLabels, vocIgnoreIndex } from '../voc.ts';
import { findFiles } from './find-files.ts';
import { filesFingerprint, needFolder } from './fingerprint.ts';
import type { ImageFileOptions } from './image-folder.ts';

export interface VocSegmentationOptions extends Omit<ImageFileOptions, 'transform' | 'channels'> {
  /** Folder with `VOCdevkit`, with `VOC2012`, or that folder itself. */
  root: string;
  /** '2012' unless given. */
  year?: string;
  /** A list in `ImageSets/Segmentation`: 'train' (default), 'val', 'trainval', or one of your own. */
  imageSet?: string;
  /** Size of the random crops, `[height, width]` or one number; d2l's is [320, 480]. */
  cropSize?: number | readonly [number, number];
  /** Instead of `cropSize`: moves image and mask alike, and must end in ToTensor or Normalize and one size. */
  transform?: ImageFileOptions['transform'];
  /** ImageNet's statistics unless given; goes with `cropSize`. */
  normalize?: { mean: readonly number[]; std: readonly number[] };
  /** Leaves out images smaller than `cropSize`, as d2l does (default); otherwise they are padded, masks with 255. */
  filter?: boolean;
}

const imagenet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

const isFolder = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isDirectory() ?? false;

async function vocFolder(root: string, year: string): Promise<string> {
  const places = [root, join(root, `VOC${year}`), join(root, 'VOCdevkit', `VOC${year}`)];
  for (const place of places) if (await isFolder(join(place, 'JPEGImages'))) return place;
  await needFolder(root, 'vocSegmentation');
  throw new ZooError('FILE_NOT_FOUND', `There is no folder JPEGImages in ${places.join(', ')}.`);
}

async function readList(folder: string, imageSet: string): Promise<string[]> {
  const path = join(folder, 'ImageSets', 'Segmentation', `${imageSet}.txt`);
  const text = await readFile(path, 'utf8').catch((cause: Error) => {
    throw new ZooError('FILE_NOT_FOUND', `There is no image set '${imageSet}': ${cause.message}.`, { cause });
  });
  return parseNameList(text, { name: path });
}

interface Pair {
  name: string;
  image: string;
  mask: string;
}

/** Width and height by the file's header. An image that cannot be read stays in, and is named when it is decoded. */
async function fits({ image }: Pair, [height, width]: readonly [number, number]): Promise<boolean> {
  try {
    const size = await sharp(image).metadata();
    return size.height >= height && size.width >= width;
  } catch {
    return true;
  }
}

async function largeEnough(pairs: readonly Pair[], crop: readonly [number, number]): Promise<Pair[]> {
  const kept: Pair[] = [];
  for (let start = 0; start < pairs.length; start += 16) {
    const some = pairs.slice(start, start + 16);
    const fit = await Promise.all(some.map((pair) => fits(pair, crop)));
    kept.push(...some.filter((_, i) => fit[i]));
  }
  return kept;
}

/**
 * Pascal VOC's images with the class of every pixel: targets `[n, height, width]` int32, 0 background, 1 to 20 the classes
 * of `vocClassNames`, 255 borders to ignore. Image and mask are cropped alike, at a place that is drawn anew every epoch;
 * evaluate with `transform: new Compose([new CenterCrop(size), new ToTensor(), ...])`, say. Throws `FILE_NOT_FOUND` naming
 * the folder, list, image or mask that is missing, `CORRUPT_FILE`, or `INVALID_ARGUMENT` when all images are too small.
 * Data: http://host.robots.ox.ac.uk/pascal/VOC; crops as in "Dive into Deep Learning", section 14.9.
 */
export async function vocSegmentation(options: VocSegmentationOptions): Promise<ImageDataset> {
  const {
    root,
    year = '2012',
    imageSet = 'train',
    cropSize,
    transform,
    normalize = imagenet,
    filter,
    ...rest
  } = options;
  if ((cropSize === undefined) === (transform === undefined)) {
    throw new ZooError('INVALID_ARGUMENT', 'vocSegmentation needs either a cropSize or a transform.');
  }
  const folder = await vocFolder(root, year);
  const names = await readList(folder, imageSet);
  const files = names.flatMap((name) => [`JPEGImages/${name}.jpg`, `SegmentationClass/${name}.png`]);
  const found = await findFiles(folder, files);
  const missing = files.filter((_, i) => !found[i]);
  if (missing.length > 0) {
    const more = missing.length > 1 ? ` and ${missing.length - 1} more` : '';
    throw new ZooError(
      'FILE_NOT_FOUND',
      `The image set '${imageSet}' lists files that are not there: ${join(folder, missing[0]!)}${more}.`,
    );
  }
  const all = names.map((name, i) => ({ name, image: found[2 * i]!.path, mask: found[2 * i + 1]!.path }));
  const crop =
    cropSize === undefined ? undefined : typeof cropSize === 'number' ? ([cropSize, cropSize] as const) : cropSize;
  const pairs = crop && (filter ?? true) ? await largeEnough(all, crop) : all;
  if (pairs.length === 0) {
    const size = crop?.join(' x ');
    throw new ZooError('INVALID_ARGUMENT', `None of the ${all.length} images of '${imageSet}' is as large as ${size}.`);
  }
  // A set whose masks have other colours, e.g. saved as JPEG, would have no class at all. One mask tells.
  const [{ mask, name }] = pairs as [Pair, ...Pair[]];
  vocColorsToLabels(await decodeImage(mask), { name: `${name}.png` });
  const colours = vocColormap();
  return new ImageDataset({
    name: `voc${year}-segmentation/${imageSet}`,
    ...rest,
    items: pairs.map(({ name, image, mask }) => ({ name, source: image, mask })),
    transform:
      transform ??
      new Compose([
        new RandomCrop(crop!, { padIfNeeded: true }),
        new ToTensor(),
        new Normalize(normalize.mean, normalize.std),
      ]),
    classNames: vocClassNames,
    maskColors: vocClassNames.map((_, i) => [colours[3 * i]!, colours[3 * i + 1]!, colours[3 * i + 2]!] as const),
    maskFill: vocIgnoreIndex,
    details: {
      format: 'voc-segmentation',
      content: filesFingerprint(files.map((name, i) => ({ name: `/${name}`, size: found[i]!.size }))),
    },
  });
}
