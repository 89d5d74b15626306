import * as tf from '@tensorflow/tfjs-core';
import { numElements, ZooError } from '@zoo/core';
import { flatten, globalAvgPool, globalMaxPool } from '@zoo/layers';

/** What becomes of feature maps: their mean or maximum over all pixels, or all their values in C,H,W order. */
export type FeaturePool = 'avg' | 'max' | 'none';

const pools = {
  avg: globalAvgPool,
  max: globalMaxPool,
  none: flatten,
} as const satisfies Record<FeaturePool, (maps: tf.Tensor4D) => tf.Tensor>;

export const poolNames = Object.keys(pools) as readonly FeaturePool[];

export function checkPool(pool: FeaturePool): FeaturePool {
  if (Object.hasOwn(pools, pool)) return pool;
  throw new ZooError('INVALID_ARGUMENT', `pool is 'avg', 'max' or 'none', got '${pool}'.`);
}

/** A tap's output as rows: maps `[n, h, w, c]` are pooled, anything else is flattened. Gives `[n, width]`. */
export function toRows(output: tf.Tensor, pool: FeaturePool): tf.Tensor2D {
  if (output.rank === 2) return output as tf.Tensor2D;
  if (output.rank === 4) return pools[pool](output as tf.Tensor4D) as tf.Tensor2D;
  const [n = 1] = output.shape;
  return tf.reshape(output, [n, numElements(output.shape.slice(1))]);
}

/** The rows of several taps, side by side. */
export const joinRows = (outputs: readonly tf.Tensor[], pool: FeaturePool): tf.Tensor2D => {
  const rows = outputs.map((output) => toRows(output, pool));
  return rows.length === 1 ? rows[0]! : (tf.concat(rows, 1) as tf.Tensor2D);
};
