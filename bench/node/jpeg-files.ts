import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { type Batch, imagenetInput } from '@zoo/core';
import { DataLoader, type Dataset, type DatasetDescription } from '@zoo/datasets';
import { presetFor } from '@zoo/transforms';
import { decodeImage } from '@zoo/transforms/node';
import type { Job } from '../src/protocol.ts';

/** The JPEG files of a folder through the evaluation preset of ImageNet's nets. */
class JpegFiles implements Dataset {
  readonly inputShape = [224, 224, 3];
  readonly #files: readonly string[];
  readonly #preset = presetFor(imagenetInput());

  constructor(folder: string) {
    const names = readdirSync(folder).filter((name) => name.endsWith('.jpg'));
    this.#files = names.sort().map((name) => join(folder, name));
  }

  get length(): number {
    return this.#files.length;
  }

  async batch(indices: ArrayLike<number>): Promise<Batch> {
    const size = 224 * 224 * 3;
    const pixels = new Float32Array(indices.length * size);
    await Promise.all(
      Array.from(indices, async (index, at) => {
        const image = await decodeImage(this.#files[index]!);
        pixels.set(this.#preset.apply(image).data, at * size);
      }),
    );
    return {
      inputs: tf.tensor(pixels, [indices.length, ...this.inputShape]),
      targets: tf.fill([indices.length], -1, 'int32'),
    };
  }

  describe(): DatasetDescription {
    return { name: 'jpeg-files', length: this.length, inputShape: this.inputShape };
  }
}

/** Batches of the job's JPEG files in the order of their names. */
export const jpegLoader = ({ images, batch, workers }: Job): DataLoader =>
  new DataLoader(new JpegFiles(images!), { batchSize: batch, prefetch: workers });
