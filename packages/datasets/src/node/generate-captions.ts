import { ZooError } from '@zoo/core';
import { formatCaptions } from '../captions.ts';
import { describeShape } from '../shapes/describe-shape.ts';
import { type ShapesOptions, shapeClasses, shapeExample } from '../shapes/shapes-dataset.ts';
import { encodeImage } from './encode-image.ts';
import { firstTestIndex } from './generate-shapes.ts';
import { type FileToWrite, writeFolder } from './write-folder.ts';

export interface GenerateCaptionsOptions extends ShapesOptions {
  /** Images in all. */
  train: number;
  test: number;
}

/**
 * Writes generated shapes with five captions each in the files of Flickr8k: `Flicker8k_Dataset/*.jpg` (its authors' spelling),
 * `Flickr8k.token.txt`, `Flickr_8k.trainImages.txt` and `Flickr_8k.testImages.txt`. Throws `INVALID_ARGUMENT` or
 * `WRITE_FAILED`.
 */
export async function generateCaptions(dir: string, options: GenerateCaptionsOptions): Promise<void> {
  const { seed = 0, size = 64 } = options;
  const classes = shapeClasses(options.classes);
  const captions = new Map<string, string[]>();
  function* files(): Generator<FileToWrite | Promise<FileToWrite>> {
    for (const split of ['train', 'test'] as const) {
      const count = options[split];
      if (!Number.isInteger(count) || count < 1) {
        throw new ZooError('INVALID_ARGUMENT', `${split} is a whole number from 1, got ${count}.`);
      }
      const names: string[] = [];
      for (let i = 0; i < count; i++) {
        const shape = classes[i % classes.length]!;
        const drawn = shapeExample({ shape, size, seed }, (split === 'test' ? firstTestIndex : 0) + i);
        const name = `${split}_${`${i}`.padStart(5, '0')}.jpg`;
        names.push(name);
        captions.set(name, describeShape(shape, drawn));
        yield encodeImage(drawn.image, 'jpeg').then((bytes) => [`Flicker8k_Dataset/${name}`, bytes] as const);
      }
      yield [`Flickr_8k.${split}Images.txt`, `${names.join('\n')}\n`];
    }
    yield ['Flickr8k.token.txt', formatCaptions(captions)];
  }
  await writeFolder(dir, files());
}
