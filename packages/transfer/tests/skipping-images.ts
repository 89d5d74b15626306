import type { Batch } from '@zoo/core';
import type { Dataset, TensorDataset } from '@zoo/datasets';

/** `images` without the examples that `isBad` names, which batches leave out as those of an `ImageDataset` do. */
export const skipping = (images: TensorDataset, isBad: (example: number) => boolean): Dataset =>
  Object.assign(Object.create(images) as TensorDataset, {
    async batch(indices: ArrayLike<number>): Promise<Batch & { indices: Uint32Array }> {
      const good = Uint32Array.from(Array.from(indices).filter((i) => !isBad(i)));
      return { ...images.batch(good), indices: good };
    },
  });
