import * as tf from '@tensorflow/tfjs-core';
import { createRng } from '@zoo/core';
import { DataLoader, type Dataset, subset } from '@zoo/datasets';
import { eachBatch } from '../each-batch.ts';
import type { Net } from '../ensemble/member.ts';
import { invalid, refuseUnknown, whole } from '../options.ts';

export interface OutOfFoldOptions {
  /** Trains a new model on a part of the data. It is disposed after it has predicted the rest. */
  fit(train: Dataset, fold: number): Promise<Net>;
  /** Default 5. */
  folds?: number;
  /** Of the division; default 0. */
  seed?: number;
  /** Of the predictions; default 64. */
  batchSize?: number;
}

/**
 * Predictions for every example of `dataset` by a model that has not seen it: logits `[n, c]` in the dataset's order,
 * for `stack` or `fitWeights` without a validation set. Each fold has its share of every class.
 */
export async function outOfFold(dataset: Dataset, options: OutOfFoldOptions): Promise<tf.Tensor2D> {
  refuseUnknown('outOfFold', options, ['fit', 'folds', 'seed', 'batchSize']);
  const { fit, seed = 0, batchSize = 64 } = options;
  const folds = whole('outOfFold', 'folds', options.folds ?? 5, 2);
  if (folds > dataset.length) throw invalid(`outOfFold: ${dataset.length} examples do not make ${folds} folds.`);
  const parts = divide(dataset, folds, seed);
  let rows: Float32Array | undefined;
  let classes = 0;
  for (const [fold, held] of parts.entries()) {
    const model = await fit(subset(dataset, parts.filter((part) => part !== held).flat()), fold);
    try {
      let next = 0;
      await eachBatch('outOfFold', new DataLoader(subset(dataset, held), { batchSize }), async ({ inputs }) => {
        const output = tf.tidy(() => model.predict(inputs));
        const values = await output.data();
        const width = output.shape[1] ?? 0;
        output.dispose();
        rows ??= new Float32Array(dataset.length * width);
        classes ||= width;
        if (width !== classes) throw invalid(`outOfFold: fold ${fold} gives ${width} classes, the first ${classes}.`);
        for (let i = 0; i < inputs.shape[0]!; i++) {
          rows.set(values.subarray(i * width, (i + 1) * width), held[next++]! * width);
        }
      });
    } finally {
      model.dispose();
    }
  }
  return tf.tensor2d(rows!, [dataset.length, classes]);
}

/** Indices of each fold: the examples of every class in random order, dealt out one by one. */
function divide(dataset: Dataset, folds: number, seed: number): number[][] {
  const { labels } = dataset;
  const order = Array.from(createRng(seed).permutation(dataset.length));
  if (labels) order.sort((a, b) => labels[a]! - labels[b]!);
  return Array.from({ length: folds }, (_, fold) =>
    order.filter((_index, place) => place % folds === fold).sort((a, b) => a - b),
  );
}
