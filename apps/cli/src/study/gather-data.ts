import { type Registry, ZooError } from '@zoo/core';
import { type Dataset, split } from '@zoo/datasets';
import type { ImageSource } from '../data/image-source.ts';
import { type OpenImagesOptions, openImages, type SplitName } from '../data/open-images.ts';
import { sameNames } from '../data/same-names.ts';
import type { DataSource, Experiment } from '../experiment/schema.ts';

/** The images of a study. Without validation images of its own, a share of the training images serves. */
export interface StudyData {
  train: ImageSource;
  validation: ImageSource | { fraction: number };
  test: ImageSource;
  classNames: readonly string[];
}

export interface GatherOptions extends Pick<OpenImagesOptions, 'signal' | 'onProgress' | 'onNotice'> {
  registry: Registry;
  cwd: string;
  /** Draws parts. */
  seed: number;
}

const isSplit = (name: string): name is SplitName => name === 'train' || name === 'test';

function splitOf({ source, split: name }: DataSource, part: SplitName): SplitName {
  if (name === undefined) return part;
  if (isSplit(name)) return name;
  throw new ZooError('INVALID_CONFIG', `${source} has the splits train and test, not '${name}'.`);
}

/** Opens all images that a study takes; the other parts get the classes of the training images. */
export async function gatherData(data: Experiment['data'], options: GatherOptions): Promise<StudyData> {
  const open = (source: DataSource, part: SplitName, classNames?: readonly string[]): Promise<ImageSource> =>
    openImages({
      ...options,
      data: source.source,
      split: splitOf(source, part),
      withoutSplits: source.split === undefined ? 'all' : 'refuse',
      part: source.part && { range: source.part, seed: options.seed },
      images: data.images,
      ...(classNames && { classNames }),
    });
  refuseOverlaps(data);
  const train = await open(data.train, 'train');
  const { classNames } = train;
  const { validation } = data;
  const second = 'fraction' in validation ? validation : await open(validation, 'test', classNames);
  const test = await open(data.test, 'test', classNames);
  refuseSame(train, test, { what: 'training', other: 'test' });
  if (!('fraction' in second)) refuseSame(train, second, { what: 'training', other: 'validation' });
  return { train, validation: second, test, classNames };
}

/** Parts of one split must have no image in common. Throws `INVALID_CONFIG`. */
function refuseOverlaps({ train, validation, test }: Experiment['data']): void {
  const used = [
    { what: 'training', ...train, split: train.split ?? 'train' },
    ...('fraction' in validation ? [] : [{ what: 'validation', ...validation, split: validation.split ?? 'test' }]),
    { what: 'test', ...test, split: test.split ?? 'test' },
  ];
  for (const [i, a] of used.entries()) {
    for (const b of used.slice(i + 1)) {
      const [from, to] = [Math.max(a.part?.[0] ?? 0, b.part?.[0] ?? 0), Math.min(a.part?.[1] ?? 1, b.part?.[1] ?? 1)];
      if (a.source !== b.source || a.split !== b.split || from >= to) continue;
      throw new ZooError(
        'INVALID_CONFIG',
        `The ${a.what} and the ${b.what} images are both of ${a.source} (${a.split}) and have some in common: give each a part of its own, such as part: [0, 0.5] and part: [0.5, 1].`,
      );
    }
  }
}

function refuseSame(a: ImageSource, b: ImageSource, { what, other }: { what: string; other: string }): void {
  if (JSON.stringify(a.describe()) !== JSON.stringify(b.describe())) {
    if (sameNames(a.classNames, b.classNames)) return;
    throw new ZooError(
      'INVALID_CONFIG',
      `The ${what} images have the classes ${a.classNames.join(', ')}, the ${other} images ${b.classNames.join(', ')}.`,
    );
  }
  throw new ZooError(
    'INVALID_CONFIG',
    `The ${other} images are the ${what} images (${a.name}): give other data, a folder with train and test inside, or parts, such as part: [0, 0.8] and part: [0.8, 1].`,
  );
}

/** The parts of a dataset of training examples; the same examples for every dataset of one length, labels and seed. */
export function holdOut(dataset: Dataset, { fraction, seed }: { fraction: number; seed: number }): [Dataset, Dataset] {
  const [train, validation] = split(dataset, [1 - fraction, fraction], { seed, stratify: true });
  return [train!, validation!];
}
