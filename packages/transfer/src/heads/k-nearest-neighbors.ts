import * as tf from '@tensorflow/tfjs-core';
import { Module, ModuleBuffer, seeded, ZooError } from '@zoo/core';
import type { Dataset } from '@zoo/datasets';
import type { FeatureSet } from '../features/feature-set.ts';
import type { Estimator } from './estimator.ts';
import { type FeatureMatrix, featureMatrix, largestSquared } from './feature-matrix.ts';

export interface KNearestNeighborsOptions {
  /** Neighbours that vote; default 5. */
  k?: number;
  /** Which neighbours are near; default `cosine`. */
  metric?: 'cosine' | 'euclidean';
}

/** Votes of the nearest stored examples: `[n, width]` to the share of each class, `[n, numClasses]`. */
export class KNearestNeighbors extends Module<[tf.Tensor], tf.Tensor> {
  /** Stored features, `[examples, width]`; of length 1 for the cosine. */
  readonly features: ModuleBuffer;
  /** Their classes as ones among zeros, `[examples, numClasses]`. */
  readonly classes: ModuleBuffer;
  readonly k: number;
  readonly metric: 'cosine' | 'euclidean';

  constructor({ values, labels, rows, width, numClasses }: FeatureMatrix, k: number, metric: 'cosine' | 'euclidean') {
    super();
    this.k = k;
    this.metric = metric;
    this.features = new ModuleBuffer([rows, width], {
      init: () => (metric === 'cosine' ? unitRows(values, width) : values),
    });
    this.classes = new ModuleBuffer([rows, numClasses], {
      init: () => {
        const ones = new Float32Array(rows * numClasses);
        labels.forEach((label, row) => {
          ones[row * numClasses + label] = 1;
        });
        return ones;
      },
    });
  }

  forward(x: tf.Tensor): tf.Tensor {
    const stored = this.features.value();
    const [, width] = stored.shape;
    if (x.rank !== 2 || x.shape[1] !== width) {
      throw new ZooError('SHAPE_MISMATCH', `expected features [n, ${width}], got [${x.shape.join(', ')}].`);
    }
    // Lengths of the rows of x change no order, and are left out.
    const products = tf.matMul(x as tf.Tensor2D, stored as tf.Tensor2D, false, true);
    const nearness = this.metric === 'cosine' ? products : tf.sub(tf.mul(products, 2), tf.sum(tf.square(stored), 1));
    const { indices } = tf.topk(nearness, this.k);
    const votes = tf.gather(this.classes.value(), tf.reshape(indices, [-1]) as tf.Tensor1D);
    const shares = tf.mean(tf.reshape(votes, [x.shape[0]!, this.k, votes.shape[1]!]), 1);
    // NaN for a row that has no neighbours: 0 times anything finite is 0.
    return tf.add(shares, tf.sum(tf.mul(x, 0), 1, true));
  }
}

function unitRows(values: Float32Array, width: number): Float32Array {
  const unit = new Float32Array(values.length);
  for (let from = 0; from < values.length; from += width) {
    const row = values.subarray(from, from + width);
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    for (let j = 0; j < width; j++) unit[from + j] = row[j]! / (length || 1);
  }
  return unit;
}

/** K nearest neighbours: `fit` stores the features, in seconds whatever their number; the head finds them on the device. */
export function kNearestNeighbors({
  k = 5,
  metric = 'cosine',
}: KNearestNeighborsOptions = {}): Estimator<KNearestNeighbors> {
  if (metric !== 'cosine' && metric !== 'euclidean') {
    throw new ZooError('INVALID_ARGUMENT', `kNearestNeighbors: metric is 'cosine' or 'euclidean', got '${metric}'.`);
  }
  return {
    async fit(features: Dataset | FeatureSet): Promise<KNearestNeighbors> {
      const matrix = await featureMatrix(
        features,
        'kNearestNeighbors',
        metric === 'euclidean' ? largestSquared : undefined,
      );
      if (!Number.isInteger(k) || k < 1 || k > matrix.rows) {
        throw new ZooError(
          'INVALID_ARGUMENT',
          `kNearestNeighbors: k is a whole number from 1 to the ${matrix.rows} examples, got ${k}.`,
        );
      }
      return seeded(0, () => new KNearestNeighbors(matrix, k, metric)).eval();
    },
  };
}
