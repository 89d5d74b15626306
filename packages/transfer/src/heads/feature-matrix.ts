import * as tf from '@tensorflow/tfjs-core';
import { checkFiniteRows, numElements, ZooError } from '@zoo/core';
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

/** The numbers of all examples on the host. Throws `NUMERIC` where one is not finite, or larger than `largest`. */
async function readRows(features: Dataset | FeatureSet, owner: string, largest?: number): Promise<Float32Array> {
  const dataset = asDataset(features);
  const width = numElements(dataset.inputShape);
  const values = new Float32Array(dataset.length * width);
  let offset = 0;
  for await (const { inputs, targets } of new DataLoader(dataset, { batchSize: 256 }).epoch(0)) {
    try {
      values.set((await inputs.data()) as Float32Array, offset);
      offset += inputs.size;
    } finally {
      tf.dispose([inputs, targets]);
    }
  }
  const examples = 'examples' in features ? features.examples : undefined;
  const nameOf = (row: number) => (examples ? `example ${examples[row]}` : `row ${row}`);
  checkFiniteRows(values, { owner, what: 'the features', width, nameOf, ...(largest && { largest }) });
  return values;
}

/** Squares of features up to here, and sums of those, stay finite in float32. */
export const largestSquared = 1e15;

/** Refuses features that training in float32 would lose: NaN, infinite, or so large that the squares of gradients overflow. */
export async function checkTrainable(features: Dataset | FeatureSet, owner: string): Promise<void> {
  await readRows(features, owner, largestSquared);
}

/** Reads all examples. Throws `INVALID_ARGUMENT` where they have no classes, or a single one, and `NUMERIC`. */
export async function featureMatrix(
  features: Dataset | FeatureSet,
  what: string,
  largest?: number,
): Promise<FeatureMatrix> {
  const dataset = asDataset(features);
  const { labels, length: rows, classNames } = dataset;
  if (!labels) throw new ZooError('INVALID_ARGUMENT', `${what} needs examples with class labels.`);
  const wrong = labels.findIndex((label) => label < 0);
  if (wrong >= 0) throw new ZooError('INVALID_ARGUMENT', `${what}: row ${wrong} has label ${labels[wrong]}, no class.`);
  const width = numElements(dataset.inputShape);
  const numClasses = Math.max(classNames?.length ?? 0, labels.reduce((max, label) => Math.max(max, label), 0) + 1);
  if (new Set(labels).size < 2) {
    throw new ZooError(
      'INVALID_ARGUMENT',
      `${what} needs examples of two classes at least; these have ${new Set(labels).size}.`,
    );
  }
  return { values: await readRows(features, what, largest), labels, rows, width, numClasses };
}
