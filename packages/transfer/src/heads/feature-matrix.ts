import * as tf from '@tensorflow/tfjs-core';
import { ZooError } from '@zoo/core';
import { DataLoader, type Dataset } from '@zoo/datasets';
import { asDataset, type FeatureSet } from '../features/feature-set.ts';

/** All features with their classes, on the host. */
export interface FeatureMatrix {
  /** `[rows, width]`. */
  values: Float32Array;
  labels: Int32Array;
  rows: number;
  width: number;
  numClasses: number;
}

/** Reads all examples. Throws `INVALID_ARGUMENT` where they have no classes, or a single one. */
export async function featureMatrix(features: Dataset | FeatureSet, what: string): Promise<FeatureMatrix> {
  const dataset = asDataset(features);
  const { labels, length: rows, classNames } = dataset;
  if (!labels) throw new ZooError('INVALID_ARGUMENT', `${what} needs examples with class labels.`);
  const width = dataset.inputShape.reduce((n, d) => n * d, 1);
  const values = new Float32Array(rows * width);
  let offset = 0;
  for await (const { inputs, targets } of new DataLoader(dataset, { batchSize: 256 }).epoch(0)) {
    values.set((await inputs.data()) as Float32Array, offset);
    offset += inputs.size;
    tf.dispose([inputs, targets]);
  }
  const numClasses = Math.max(classNames?.length ?? 0, labels.reduce((max, label) => Math.max(max, label), 0) + 1);
  if (new Set(labels).size < 2) {
    throw new ZooError(
      'INVALID_ARGUMENT',
      `${what} needs examples of two classes at least; these have ${new Set(labels).size}.`,
    );
  }
  return { values, labels, rows, width, numClasses };
}
