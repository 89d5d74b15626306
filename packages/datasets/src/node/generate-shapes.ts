import { mkdir } from 'node:fs/promises';
import { basename, dirname, extname } from 'node:path';
import { ZooError } from '@zoo/core';
import { writeFileAtomic } from '@zoo/core/node';
import { type Zippable, zipSync } from 'fflate';
import { type ShapesOptions, shapeClasses, shapeExample } from '../shapes/shapes-dataset.ts';
import { encodeImage, extensionOf, type ImageFormat } from './encode-image.ts';
import { type FileToWrite, writeFolder } from './write-folder.ts';

export interface GenerateShapesOptions extends ShapesOptions {
  /** Images per class, in one folder per class. */
  perClass?: number;
  /** Instead of `perClass`: images per class in the folders `train` and `test`. */
  train?: number;
  test?: number;
  /** 'png' (default: the same bytes on every machine) or 'jpeg'. */
  format?: ImageFormat;
}

/** Test images come from this number on, so that more training images never repeat them. */
export const firstTestIndex = 1_000_000;

const positive = (name: string, value: number): number => {
  if (Number.isInteger(value) && value >= 1 && value < firstTestIndex) return value;
  throw new ZooError('INVALID_ARGUMENT', `${name} is a whole number from 1 to ${firstTestIndex - 1}, got ${value}.`);
};

/** The parts of a generated set: prefix of the paths, and the numbers of its examples. */
function generatedParts(options: GenerateShapesOptions): { folder: string; first: number; count: number }[] {
  const { perClass, train, test } = options;
  if ((perClass === undefined) === (train === undefined && test === undefined)) {
    throw new ZooError('INVALID_ARGUMENT', 'Generated images need either perClass, or train and test.');
  }
  if (perClass !== undefined) return [{ folder: '', first: 0, count: positive('perClass', perClass) }];
  return [
    ...(train !== undefined ? [{ folder: 'train/', first: 0, count: positive('train', train) }] : []),
    ...(test !== undefined ? [{ folder: 'test/', first: firstTestIndex, count: positive('test', test) }] : []),
  ];
}

interface GeneratedFile {
  folder: string;
  shape: string;
  number: string;
  content: Promise<Uint8Array>;
}

/** One file after the other: an image is drawn only when it is its turn. */
function* shapeFiles(options: GenerateShapesOptions): Generator<GeneratedFile> {
  const { size = 64, seed = 0, format = 'png' } = options;
  for (const { folder, first, count } of generatedParts(options)) {
    for (const shape of shapeClasses(options.classes)) {
      for (let i = 0; i < count; i++) {
        const content = encodeImage(shapeExample({ shape, size, seed }, first + i).image, format);
        yield { folder, shape, number: `${i}`.padStart(5, '0'), content };
      }
    }
  }
}

const extension = ({ format = 'png' }: GenerateShapesOptions): string => extensionOf[format];

/**
 * Writes an image folder of generated shapes, `circle/00000.png`, or `train/circle/00000.png` with `train` and `test`. The
 * same options give the same files. Throws `INVALID_ARGUMENT` (also when `dir` has something in it) or `WRITE_FAILED`.
 */
export async function generateShapesFolder(dir: string, options: GenerateShapesOptions): Promise<void> {
  function* files(): Generator<Promise<FileToWrite>> {
    for (const { folder, shape, number, content } of shapeFiles(options)) {
      yield content.then((bytes) => [`${folder}${shape}/${number}${extension(options)}`, bytes] as const);
    }
  }
  await writeFolder(dir, files());
}

/**
 * Writes a zip archive of generated shapes, laid out as d2l's hotdog.zip: `NAME/train/circle/00000.png` in `NAME.zip`.
 * It is put together in memory. Throws `INVALID_ARGUMENT` or `WRITE_FAILED`.
 */
export async function generateShapesArchive(file: string, options: GenerateShapesOptions): Promise<void> {
  const root = basename(file, extname(file));
  const entries: Zippable = {};
  for (const { folder, shape, number, content } of shapeFiles(options)) {
    entries[`${root}/${folder}${shape}/${number}${extension(options)}`] = await content;
  }
  await mkdir(dirname(file), { recursive: true });
  // zip files hold no time zone: this is the same date, and so the same bytes, everywhere.
  await writeFileAtomic(file, [zipSync(entries, { level: 0, mtime: new Date(1980, 0, 1) })]);
}

/**
 * Writes images of generated shapes, `images/00000.png`, in a mixed order, and `labels.csv` with the columns `image` and
 * `label`; with `train` and `test` there are `train.csv` and `test.csv`. Throws as `generateShapesFolder`.
 */
export async function generateShapesCsv(dir: string, options: GenerateShapesOptions): Promise<void> {
  const { size = 64, seed = 0, format = 'png' } = options;
  const classes = shapeClasses(options.classes);
  function* files(): Generator<FileToWrite | Promise<FileToWrite>> {
    let number = 0;
    for (const { folder, first, count } of generatedParts(options)) {
      const lines = ['image,label'];
      for (let i = 0; i < count * classes.length; i++) {
        const shape = classes[i % classes.length]!;
        const name = `images/${`${number++}`.padStart(5, '0')}${extensionOf[format]}`;
        lines.push(`${name},${shape}`);
        const { image } = shapeExample({ shape, size, seed }, first + Math.floor(i / classes.length));
        yield encodeImage(image, format).then((bytes) => [name, bytes] as const);
      }
      yield [folder === '' ? 'labels.csv' : `${folder.slice(0, -1)}.csv`, `${lines.join('\n')}\n`];
    }
  }
  await writeFolder(dir, files());
}
