import { ZooError } from '@zoo/core';
import type { Image } from '@zoo/transforms';
import { encodePng } from '../png.ts';
import { type ShapesOptions, shapeClasses, shapeExample } from '../shapes/shapes-dataset.ts';
import { vocColormap, vocIgnoreIndex } from '../voc.ts';
import { encodeImage } from './encode-image.ts';
import { firstTestIndex } from './generate-shapes.ts';
import { type FileToWrite, writeFolder } from './write-folder.ts';

export interface GenerateVocOptions extends ShapesOptions {
  /** Images in all. */
  train: number;
  val: number;
  /** Every so many images one is only half as high and wide, as in VOC some are too small to crop; 0: none (default). */
  smallEvery?: number;
  /** '2012' unless given. */
  year?: string;
}

/** The mask as VOC has it: the class inside, and a border of "ignore" pixels around it. */
function vocMask({ width, height, data }: Image, label: number): Image {
  const out = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const here = data[y * width + x]!;
      const edge = [
        x > 0 && data[y * width + x - 1] !== here,
        x + 1 < width && data[y * width + x + 1] !== here,
        y > 0 && data[(y - 1) * width + x] !== here,
        y + 1 < height && data[(y + 1) * width + x] !== here,
      ].some(Boolean);
      out[y * width + x] = edge ? vocIgnoreIndex : here * label;
    }
  }
  return { width, height, channels: 1, data: out };
}

/**
 * Writes generated shapes in the folders of Pascal VOC: `JPEGImages`, `SegmentationClass` (palette PNG) and
 * `ImageSets/Segmentation/{train,val,trainval}.txt` below `dir/VOCdevkit/VOC2012`, for `vocSegmentation({ root: dir })`.
 * Class 1 is the first shape, 2 the second. Throws `INVALID_ARGUMENT` or `WRITE_FAILED`.
 */
export async function generateVoc(dir: string, options: GenerateVocOptions): Promise<void> {
  const { seed = 0, size = 96, smallEvery = 0, year = '2012' } = options;
  const classes = shapeClasses(options.classes);
  const [height, width] = typeof size === 'number' ? [size, size] : size;
  const root = `VOCdevkit/VOC${year}`;
  const palette = vocColormap();
  const lists: Record<'train' | 'val', string[]> = { train: [], val: [] };
  function* files(): Generator<FileToWrite | Promise<FileToWrite>> {
    for (const split of ['train', 'val'] as const) {
      const count = options[split];
      if (!Number.isInteger(count) || count < 1) {
        throw new ZooError('INVALID_ARGUMENT', `${split} is a whole number from 1, got ${count}.`);
      }
      for (let i = 0; i < count; i++) {
        const small = smallEvery > 0 && i % smallEvery === smallEvery - 1;
        const which = i % classes.length;
        const { image, mask } = shapeExample(
          { shape: classes[which]!, size: small ? [height >> 1, width >> 1] : [height, width], seed },
          (split === 'val' ? firstTestIndex : 0) + i,
        );
        const name = `${split === 'train' ? '2007' : '2008'}_${`${i}`.padStart(6, '0')}`;
        lists[split].push(name);
        yield encodeImage(image, 'jpeg').then((bytes) => [`${root}/JPEGImages/${name}.jpg`, bytes] as const);
        yield [`${root}/SegmentationClass/${name}.png`, encodePng(vocMask(mask, which + 1), { palette })];
      }
    }
    for (const [name, list] of Object.entries({ ...lists, trainval: [...lists.train, ...lists.val] })) {
      yield [`${root}/ImageSets/Segmentation/${name}.txt`, `${list.join('\n')}\n`];
    }
  }
  await writeFolder(dir, files());
}
