import * as tf from '@tensorflow/tfjs-core';

interface Attrs {
  axis: number;
  batchDims?: number;
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/**
 * The gradient of `tf.gather`: every slope goes to the row that it came from, in one sum by row. tfjs takes batches apart, one
 * example after the other, knows one batch axis at most, and confuses axes that are counted from the end.
 */
function gatherGradient(dy: tf.Tensor, x: tf.Tensor, indices: tf.Tensor, attrs: Attrs): tf.Tensor {
  const axis = tf.util.parseAxisParam(attrs.axis, x.shape)[0]!;
  const batchDims = attrs.batchDims ?? 0;
  const batch = sizeOf(x.shape.slice(0, batchDims));
  const outer = sizeOf(x.shape.slice(batchDims, axis));
  const rows = x.shape[axis]!;
  const width = sizeOf(x.shape.slice(axis + 1));
  const picked = indices.size / batch;
  const moved = [0, 2, 1, 3];
  const byRow = tf.transpose(tf.reshape(dy, [batch, outer, picked, width]), moved);
  const slopes = tf.reshape(byRow, [batch * picked, outer * width]) as tf.Tensor2D;
  const sums = tf.unsortedSegmentSum(slopes, rowNumbers(indices, { batch, rows, picked }), batch * rows);
  return tf.reshape(tf.transpose(tf.reshape(sums, [batch, rows, outer, width]), moved), x.shape);
}

interface Sizes {
  batch: number;
  rows: number;
  picked: number;
}

/** Which of `batch * rows` rows each picked one is; -1, which sums leave out, where an index is out of range. */
function rowNumbers(indices: tf.Tensor, { batch, rows, picked }: Sizes): tf.Tensor1D {
  if (batch === 1) return tf.reshape(indices, [picked]);
  const index = tf.reshape(indices, [batch, picked]);
  const inside = tf.logicalAnd(tf.greaterEqual(index, tf.scalar(0, 'int32')), tf.less(index, tf.scalar(rows, 'int32')));
  const starts = tf.reshape(tf.range(0, batch * rows, rows, 'int32'), [batch, 1]);
  return tf.reshape(tf.where(inside, tf.add(index, starts), tf.scalar(-1, 'int32')), [batch * picked]);
}

/** Puts corrected gradients in place of tfjs's. An engine that brings tfjs's own once more calls this afterwards. */
export function correctGradients(): void {
  tf.unregisterGradient(tf.GatherV2);
  tf.registerGradient({
    kernelName: tf.GatherV2,
    inputsToSave: ['x', 'indices'],
    gradFunc: (dy, saved, attrs) => {
      const [x, indices] = saved as [tf.Tensor, tf.Tensor];
      return {
        x: () => gatherGradient(dy as tf.Tensor, x, indices, attrs as unknown as Attrs),
        // Nothing leads through whole numbers; tfjs asks all the same.
        indices: () => tf.zerosLike(indices),
      };
    },
  });
}
