import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ZooError } from '@zoo/core';
import { create } from 'tar';
import { type CifarVariant, cifarSide, encodeCifar } from '../cifar.ts';
import { cifar10ClassNames, cifar100ClassNames, cifar100CoarseClassNames } from '../cifar-names.ts';
import { shapeNames } from '../shapes/draw-shape.ts';
import { shapeExample } from '../shapes/shapes-dataset.ts';
import { cifarReleases } from './cifar.ts';
import { firstTestIndex } from './generate-shapes.ts';
import { type FileToWrite, writeFolder } from './write-folder.ts';

export interface GenerateCifarOptions {
  /** 'cifar10' unless given. */
  variant?: CifarVariant;
  /** Images in all, a multiple of 10 (and of 50 for the five training files of CIFAR-10). */
  train: number;
  test: number;
  seed?: number;
  /** Packs the files into the archive that the authors publish, instead of a folder. */
  archive?: boolean;
}

/** Superclasses of CIFAR-100's first ten classes, apple to bottle. */
const coarseLabels = [4, 1, 14, 8, 0, 6, 7, 7, 18, 3];

function records(variant: CifarVariant, options: { first: number; count: number; seed: number }): Uint8Array {
  const { first, count, seed } = options;
  const images = new Uint8Array(count * cifarSide * cifarSide * 3);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % shapeNames.length);
  for (const [i, label] of labels.entries()) {
    const index = first + Math.floor(i / shapeNames.length);
    const { image } = shapeExample({ shape: shapeNames[label]!, size: cifarSide, seed }, index);
    images.set(image.data, i * image.data.length);
  }
  const coarse = Uint8Array.from(labels, (label) => coarseLabels[label]!);
  return encodeCifar({ images, labels, ...(variant === 'cifar100' && { coarseLabels: coarse }) });
}

/**
 * Writes generated shapes in the binary files of CIFAR into `dir`, which `cifar10({ root: dir })` opens: the ten shapes take
 * the first ten labels. Throws `INVALID_ARGUMENT` or `WRITE_FAILED`.
 */
export async function generateCifar(dir: string, options: GenerateCifarOptions): Promise<void> {
  const { variant = 'cifar10', seed = 0, archive = false } = options;
  const { folder, files, archive: archiveName } = cifarReleases[variant];
  function* all(): Generator<FileToWrite> {
    for (const split of ['train', 'test'] as const) {
      const perFile = options[split] / files[split].length;
      if (!Number.isInteger(perFile / shapeNames.length) || perFile < 1) {
        const unit = files[split].length * shapeNames.length;
        throw new ZooError('INVALID_ARGUMENT', `${split} is a multiple of ${unit}, got ${options[split]}.`);
      }
      for (const [i, name] of files[split].entries()) {
        const first = (split === 'test' ? firstTestIndex : 0) + (i * perFile) / shapeNames.length;
        yield [`${folder}/${name}`, records(variant, { first, count: perFile, seed })];
      }
    }
    if (variant === 'cifar10') yield [`${folder}/batches.meta.txt`, `${cifar10ClassNames.join('\n')}\n`];
    else {
      yield [`${folder}/fine_label_names.txt`, `${cifar100ClassNames.join('\n')}\n`];
      yield [`${folder}/coarse_label_names.txt`, `${cifar100CoarseClassNames.join('\n')}\n`];
    }
  }
  await writeFolder(dir, all(), async (temporary) => {
    if (!archive) return;
    const file = join(temporary, archiveName);
    await create({ gzip: true, portable: true, mtime: new Date(0), cwd: temporary, file }, [folder]);
    await rm(join(temporary, folder), { recursive: true });
  });
}
