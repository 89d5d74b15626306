import * as tf from '@tensorflow/tfjs-core';
import { type AnyModule, noGrad, numElements, seeded, ZooError } from '@zoo/core';
import { DataLoader, type Dataset } from '@zoo/datasets';
import { createFeatureExtractor, type FeatureExtractor } from '../taps/feature-extractor.ts';
import { type FeaturePool, toRows } from './pool.ts';

/** Features of consecutive examples, on the host. */
export interface FeatureBatch {
  /** Number of examples. */
  rows: number;
  /** `[rows * width]` each, in the order of the taps. */
  features: Float32Array[];
  targets: Int32Array | Float32Array;
  targetShape: readonly number[];
}

export interface FeatureRowsOptions {
  taps: readonly string[];
  pool: FeaturePool;
  batchSize: number;
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

  /** All batches of `dataset` in its order; the next one is loaded while one is computed. */
  async *read(dataset: Dataset): AsyncGenerator<FeatureBatch, void> {
    const { batchSize, signal } = this.#options;
    throwIfAborted(signal);
    const loader = new DataLoader(dataset, { batchSize, prefetch: 1 });
    for await (const { inputs, targets } of loader.epoch(0)) {
      try {
        yield await this.#compute(inputs, targets);
      } finally {
        tf.dispose([inputs, targets]);
      }
      throwIfAborted(signal);
    }
  }

  async #compute(inputs: tf.Tensor, targets: tf.Tensor): Promise<FeatureBatch> {
    const { taps, pool } = this.#options;
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
      return { rows, features, targets: values.subarray(0, rows * numElements(targetShape)), targetShape };
    } finally {
      tf.dispose(outputs);
    }
  }
}
