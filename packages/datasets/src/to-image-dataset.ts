import { ZooError } from '@zoo/core';
import { CenterCrop, Compose } from '@zoo/transforms';
import { bytesHash } from './bytes-hash.ts';
import { ImageDataset, type ImageDatasetOptions } from './image-dataset.ts';
import { encodePng } from './png.ts';
import type { TensorDataset } from './tensor-dataset.ts';

export type ToImageDatasetOptions = Pick<ImageDatasetOptions, 'transform' | 'seed' | 'name' | 'details'> & {
  /** 3 makes RGB of grey images; those the images have unless given. */
  channels?: 1 | 3;
};

/**
 * Images in memory, such as Fashion-MNIST or CIFAR, with transforms and the workers of a `DataLoader`. Normalization is the
 * transform's; that of `dataset` does not count. Throws `INVALID_ARGUMENT` for a dataset that holds no 8-bit images with
 * labels.
 */
export function toImageDataset(dataset: TensorDataset, options: ToImageDatasetOptions): ImageDataset {
  const { inputs, inputShape, labels, classNames, length } = dataset;
  const [height = 0, width = 0, channels = 0] = inputShape;
  const { name = '', normalize: _, ...described } = dataset.describe();
  if (!(inputs instanceof Uint8Array) || inputShape.length !== 3 || (channels !== 1 && channels !== 3) || !labels) {
    throw new ZooError('INVALID_ARGUMENT', `${name} does not hold 8-bit images [height, width, 1 or 3] with labels.`);
  }
  const size = height * width * channels;
  const image = (index: number): Uint8Array =>
    encodePng({ width, height, channels, data: inputs.subarray(index * size, (index + 1) * size) }, { level: 0 });
  return new ImageDataset({
    name,
    channels,
    ...options,
    // Changes nothing; it tells `ImageDataset`, which has to know the size that comes out, the size that goes in.
    transform: new Compose([new CenterCrop([height, width]), options.transform]),
    items: Array.from({ length }, (_, index) => ({
      name: `${name}[${index}]`,
      source: async () => image(index), // encoded when asked for: all at once would double the memory
      label: labels[index]!,
    })),
    ...(classNames && { classNames }),
    details: { content: described['content'] ?? bytesHash(inputs), ...options.details },
  });
}
