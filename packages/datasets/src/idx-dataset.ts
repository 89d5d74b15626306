import { formatShape, ZooError } from '@zoo/core';
import { gunzip } from './gunzip.ts';
import { parseIdx } from './idx.ts';
import { type Normalization, TensorDataset } from './tensor-dataset.ts';

export interface IdxDatasetOptions {
  /** The file of images: bytes of shape `[n, height, width]`, or `[n, height, width, channels]`; gzip or not. */
  images: Uint8Array;
  /** The file of labels: `n` bytes; gzip or not. */
  labels: Uint8Array;
  classNames?: readonly string[];
  normalize?: Normalization;
  /** Name for descriptions and errors. */
  name?: string;
  /** Names of the two files for errors. */
  files?: { images: string; labels: string };
}

/**
 * Labelled images from a pair of IDX files in memory. Throws `CORRUPT_FILE` naming the file that is truncated, foreign, of
 * the wrong rank or does not match the other.
 */
export async function idxDataset(options: IdxDatasetOptions): Promise<TensorDataset> {
  const { name = 'images', files = { images: 'images file', labels: 'labels file' }, classNames, normalize } = options;
  const fail = (file: string, message: string): ZooError => new ZooError('CORRUPT_FILE', `${file}: ${message}`);
  const images = parseIdx(await gunzip(options.images, { name: files.images }), { name: files.images });
  const labels = parseIdx(await gunzip(options.labels, { name: files.labels }), { name: files.labels });
  const [count = 0, height = 0, width = 0, channels = 1] = images.shape;
  const rank = images.shape.length;
  if (images.dtype !== 'uint8' || (rank !== 3 && rank !== 4) || images.data.length === 0) {
    throw fail(
      files.images,
      `images are bytes of shape [n, h, w], this has ${images.dtype} ${formatShape(images.shape)}.`,
    );
  }
  if (labels.dtype !== 'uint8' || labels.shape.length !== 1) {
    throw fail(files.labels, `labels are bytes of shape [n], this has ${labels.dtype} ${formatShape(labels.shape)}.`);
  }
  if (labels.shape[0] !== count) {
    throw fail(files.labels, `${labels.shape[0]} labels, but ${count} images in ${files.images}.`);
  }
  const most = classNames?.length ?? 256;
  const wrong = labels.data.findIndex((label) => label >= most);
  if (wrong >= 0) throw fail(files.labels, `label ${labels.data[wrong]} of image ${wrong} is none of ${most} classes.`);
  return new TensorDataset({
    inputs: images.data,
    inputShape: [height, width, channels],
    targets: labels.data,
    ...(classNames && { classNames }),
    ...(normalize && { normalize }),
    name,
  });
}
