import { ZooError } from '@zoo/core';
import { cifar10ClassNames, cifar100ClassNames, cifar100CoarseClassNames } from './cifar-names.ts';
import { type Normalization, TensorDataset } from './tensor-dataset.ts';

export type CifarVariant = 'cifar10' | 'cifar100';

/** Side of the images. */
export const cifarSide = 32;
const planeBytes = cifarSide * cifarSide;
const imageBytes = 3 * planeBytes;

/** What a record begins with: CIFAR-100's have the coarse label before the fine one. */
const labelBytes: Readonly<Record<CifarVariant, number>> = { cifar10: 1, cifar100: 2 };

/** The records of CIFAR's binary files. */
export interface CifarRecords {
  /** `[n, 32, 32, 3]`. */
  images: Uint8Array;
  labels: Uint8Array;
  /** Superclasses, of CIFAR-100 alone. */
  coarseLabels?: Uint8Array;
}

function checkLabels(labels: Uint8Array, numClasses: number, file: string): void {
  const wrong = labels.findIndex((label) => label >= numClasses);
  if (wrong < 0) return;
  const message = `${file}: record ${wrong} has label ${labels[wrong]}, but there are ${numClasses} classes.`;
  throw new ZooError('CORRUPT_FILE', `${message} Is it a file of the other CIFAR?`);
}

/**
 * Reads one or more binary files of CIFAR, one after the other. Pixels come channel by channel in the files and channels
 * last here. Throws `CORRUPT_FILE` naming the file that is empty, cut short or foreign.
 * Format: https://www.cs.toronto.edu/~kriz/cifar.html
 */
export function parseCifar(files: readonly { name: string; bytes: Uint8Array }[], variant: CifarVariant): CifarRecords {
  const head = labelBytes[variant];
  const size = head + imageBytes;
  for (const { name, bytes } of files) {
    if (bytes.length > 0 && bytes.length % size === 0) continue;
    const message = `${name}: ${bytes.length} bytes are no whole number of ${variant} records of ${size} bytes.`;
    throw new ZooError('CORRUPT_FILE', `${message} Fetch the file again.`);
  }
  const n = files.reduce((sum, { bytes }) => sum + bytes.length / size, 0);
  const images = new Uint8Array(n * imageBytes);
  const labels = new Uint8Array(n);
  const coarseLabels = new Uint8Array(head === 2 ? n : 0);
  let example = 0;
  for (const { name, bytes } of files) {
    const first = example;
    for (let start = 0; start < bytes.length; start += size, example++) {
      if (head === 2) coarseLabels[example] = bytes[start]!;
      labels[example] = bytes[start + head - 1]!;
      let to = example * imageBytes;
      for (let pixel = start + head; pixel < start + head + planeBytes; pixel++) {
        images[to++] = bytes[pixel]!;
        images[to++] = bytes[pixel + planeBytes]!;
        images[to++] = bytes[pixel + 2 * planeBytes]!;
      }
    }
    checkLabels(labels.subarray(first, example), variant === 'cifar10' ? 10 : 100, name);
    if (head === 2) checkLabels(coarseLabels.subarray(first, example), 20, name);
  }
  return { images, labels, ...(head === 2 && { coarseLabels }) };
}

/** Records as bytes of a binary file, the inverse of `parseCifar`. */
export function encodeCifar({ images, labels, coarseLabels }: CifarRecords): Uint8Array {
  const head = coarseLabels ? 2 : 1;
  const size = head + imageBytes;
  if (images.length !== labels.length * imageBytes || (coarseLabels && coarseLabels.length !== labels.length)) {
    const message = `${images.length} bytes of images and ${labels.length} labels are not alike many.`;
    throw new ZooError('SHAPE_MISMATCH', `encodeCifar: ${message} Images are [n, 32, 32, 3].`);
  }
  const out = new Uint8Array(labels.length * size);
  for (let example = 0; example < labels.length; example++) {
    const start = example * size;
    if (coarseLabels) out[start] = coarseLabels[example]!;
    out[start + head - 1] = labels[example]!;
    for (let i = 0; i < imageBytes; i++) {
      out[start + head + (i % 3) * planeBytes + Math.floor(i / 3)] = images[example * imageBytes + i]!;
    }
  }
  return out;
}

export interface CifarFromBytesOptions {
  /** The split's binary files in their order, decompressed. */
  files: readonly { name: string; bytes: Uint8Array }[];
  /** Which classes of CIFAR-100 are the labels; 'fine' unless given. */
  labels?: 'fine' | 'coarse';
  normalize?: Normalization;
  /** Name for descriptions and errors. */
  name?: string;
  /** A hash of the files, for descriptions. */
  content?: string;
}

/** The class names that go with the labels. */
const cifarClassNames = (variant: CifarVariant, labels: 'fine' | 'coarse' = 'fine'): readonly string[] =>
  variant === 'cifar10' ? cifar10ClassNames : labels === 'fine' ? cifar100ClassNames : cifar100CoarseClassNames;

/** CIFAR-10 or CIFAR-100 from binary files in memory, for browsers. Throws as `parseCifar`. */
export function cifarFromBytes(variant: CifarVariant, options: CifarFromBytesOptions): TensorDataset {
  const { files, labels = 'fine', normalize, name = variant, content } = options;
  if (labels !== 'fine' && (labels !== 'coarse' || variant === 'cifar10')) {
    const known = variant === 'cifar10' ? "'fine'" : "'fine' or 'coarse'";
    throw new ZooError('INVALID_ARGUMENT', `labels of ${variant} are ${known}, got '${labels}'.`);
  }
  const records = parseCifar(files, variant);
  return new TensorDataset({
    inputs: records.images,
    inputShape: [cifarSide, cifarSide, 3],
    targets: labels === 'coarse' ? records.coarseLabels! : records.labels,
    classNames: cifarClassNames(variant, labels),
    ...(normalize && { normalize }),
    ...(content !== undefined && { content }),
    name,
  });
}
