import * as tf from '@tensorflow/tfjs-core';
import { type AnyModule, type Batch, noGrad, numElements, seeded, ZooError } from '@zoo/core';
import { DataLoader, type Dataset, subset } from '@zoo/datasets';
import { createFeatureExtractor, type FeatureExtractor } from '../taps/feature-extractor.ts';
import { ExampleNumbers } from './example-numbers.ts';
import { type FeaturePool, toRows } from './pool.ts';

/** Features of some consecutive examples, on the host. */
export interface FeatureBatch {
  /** Numbers of the examples in the data set; those that could not be read are missing. */
  examples: Uint32Array;
  /** `[examples * width]` each, in the order of the taps. */
  features: Float32Array[];
  targets: Int32Array | Float32Array;
  targetShape: readonly number[];
}

export interface FeatureRowsOptions {
  taps: readonly string[];
  pool: FeaturePool;
  batchSize: number;
  workers?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** Throws `INTERRUPTED` when the signal has been given. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new ZooError('INTERRUPTED', 'The extraction of features was interrupted.');
}

/** Reads features batch by batch, in evaluation mode and without gradients. */
export class FeatureReader {
  readonly #extractor: FeatureExtractor;
  readonly #options: FeatureRowsOptions;

  constructor(net: AnyModule, options: FeatureRowsOptions) {
    // Seeded, so that the stream that the caller's own modules draw from stays where it is.
    this.#extractor = seeded(0, () => createFeatureExtractor<AnyModule, string>(net, options.taps));
    this.#options = options;
  }

  /** The examples of `dataset` from `start` on, in its order; the next batch is loaded while one is computed. */
  async *read(dataset: Dataset, start = 0): AsyncGenerator<FeatureBatch, void> {
    const { batchSize, signal, workers } = this.#options;
    throwIfAborted(signal);
    const numbers = new ExampleNumbers(dataset, start);
    const rest = Array.from({ length: dataset.length - start }, (_, i) => start + i);
    const loader = new DataLoader(start > 0 ? subset(dataset, rest) : dataset, {
      batchSize,
      ...(workers ? { workers } : { prefetch: 1 }),
    });
    try {
      for await (const batch of loader.epoch(0)) {
        try {
          yield await this.#compute(batch, numbers);
        } finally {
          tf.dispose([batch.inputs, batch.targets]);
        }
        throwIfAborted(signal);
      }
    } finally {
      await loader.close();
    }
  }

  async #compute(batch: Batch, numbers: ExampleNumbers): Promise<FeatureBatch> {
    const { taps, pool } = this.#options;
    const { inputs, targets } = batch;
    const [rows = 0, ...targetShape] = targets.shape;
    const outputs = noGrad(() =>
      tf.tidy(() => {
        const found = this.#extractor.predict(inputs);
        return taps.map((tap) => toRows(found[tap]!, pool));
      }),
    );
    try {
      const features = await Promise.all(outputs.map(async (output) => (await output.data()) as Float32Array));
      const values = (await targets.data()) as Int32Array | Float32Array;
      outputs.forEach((output, i) => {
        if (output.shape[0] === rows) return;
        throw new ZooError(
          'SHAPE_MISMATCH',
          `The tap '${taps[i]}' gives ${output.shape[0]} rows for ${rows} examples: it has no row per example.`,
        );
      });
      const examples = numbers.of(batch, rows);
      return { examples, features, targets: values.subarray(0, rows * numElements(targetShape)), targetShape };
    } finally {
      tf.dispose(outputs);
    }
  }
}
