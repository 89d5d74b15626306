import * as tf from '@tensorflow/tfjs-core';
import { type Batch, numElements, ZooError } from '@zoo/core';
import type { Dataset, DatasetDescription, Normalization } from '@zoo/datasets';
import { Compose, type Image, Normalize, Resize, ToTensor } from '@zoo/transforms';

export interface ResizedOptions {
  /** Height and width. */
  size: readonly [number, number];
  normalize?: Normalization | undefined;
}

/** Images of another dataset, bilinearly resized as PIL does whenever a batch is asked for. */
export class ResizedDataset implements Dataset {
  readonly length: number;
  readonly inputShape: readonly number[];
  readonly classNames?: readonly string[];
  readonly labels?: Int32Array;
  private readonly source: Dataset;
  private readonly transform: Compose;

  /** `source` gives `[height, width, channels]` images as bytes divided by 255, without normalization. */
  constructor(source: Dataset, { size, normalize }: ResizedOptions) {
    const channels = source.inputShape[2]!;
    this.source = source;
    this.length = source.length;
    this.inputShape = [...size, channels];
    if (source.classNames) this.classNames = source.classNames;
    if (source.labels) this.labels = source.labels;
    const { mean, std } = normalize ?? { mean: Array(channels).fill(0), std: Array(channels).fill(1) };
    this.transform = new Compose([new Resize(size), new ToTensor(), new Normalize(mean, std)]);
  }

  private resize(values: Float32Array): ArrayLike<number> {
    const [height, width, channels] = this.source.inputShape as [number, number, number];
    const data = Uint8Array.from(values, (value) => Math.round(255 * value));
    if (values.some((value, i) => Math.abs(255 * value - data[i]!) > 1e-3)) {
      throw new ZooError('NOT_SUPPORTED', 'Only images of 8 bits can be resized: leave out --resize.');
    }
    const image: Image = { width, height, channels, data };
    return this.transform.apply(image).data;
  }

  async batch(indices: ArrayLike<number>): Promise<Batch> {
    const { inputs, targets } = await this.source.batch(indices);
    try {
      const values = (await inputs.data()) as Float32Array;
      const [from, to] = [numElements(this.source.inputShape), numElements(this.inputShape)];
      const resized = new Float32Array(indices.length * to);
      for (let i = 0; i < indices.length; i++)
        resized.set(this.resize(values.subarray(i * from, (i + 1) * from)), i * to);
      return { inputs: tf.tensor(resized, [indices.length, ...this.inputShape], 'float32'), targets };
    } catch (error) {
      targets.dispose();
      throw error;
    } finally {
      inputs.dispose();
    }
  }

  describe(): DatasetDescription {
    return { ...this.source.describe(), inputShape: this.inputShape };
  }
}
