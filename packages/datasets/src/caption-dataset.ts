import type { CaptionsByImage } from './captions.ts';
import { ImageDataset, type ImageDatasetOptions, type ImageItem } from './image-dataset.ts';

export interface CaptionDatasetOptions extends Omit<ImageDatasetOptions, 'items' | 'classNames'> {
  items: readonly (Pick<ImageItem, 'name' | 'source'> & { captions: readonly string[] })[];
}

/** Images with captions, which are text: batches hold the images, and `captions` what belongs to them by `indices`. */
export class CaptionDataset extends ImageDataset {
  /** The captions of every image. */
  readonly captions: readonly (readonly string[])[];

  constructor({ items, ...options }: CaptionDatasetOptions) {
    super({ ...options, items: items.map(({ name, source }) => ({ name, source })) });
    this.captions = items.map(({ captions }) => [...captions]);
  }

  /** Every caption with the number of its image: what a captioning net is trained on. */
  pairs(): { index: number; caption: string }[] {
    return this.captions.flatMap((captions, index) => captions.map((caption) => ({ index, caption })));
  }

  /** The captions by image name, as a token file has them. */
  byImage(): CaptionsByImage {
    return new Map(this.items.map(({ name }, i) => [name, this.captions[i]!]));
  }
}
