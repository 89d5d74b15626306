import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { formatShape, ZooError } from '@zoo/core';
import type { KernelCall } from '../native/engine.ts';
import { nativeOf } from '../native/native.ts';

/**
 * UnsortedSegmentSum: row `segmentIds[i]` of the result is the sum of such rows `x[i]`. The ids' shape is a prefix of x's;
 * ids outside [0, numSegments) are dropped. This is the gradient of gather, hence of embeddings.
 */
export function unsortedSegmentSum({
  inputs: { x, segmentIds },
  attrs: { numSegments },
  backend,
}: KernelCall<{ x: TensorInfo; segmentIds: TensorInfo }, { numSegments: number }>): TensorInfo {
  const rank = segmentIds.shape.length;
  if (segmentIds.shape.some((size, axis) => size !== x.shape[axis])) {
    throw new ZooError(
      'SHAPE_MISMATCH',
      `unsortedSegmentSum: segment ids of shape ${formatShape(segmentIds.shape)} do not match the first axes of x, ${formatShape(x.shape)}.`,
    );
  }
  if (segmentIds.dtype !== 'int32' || (x.dtype !== 'float32' && x.dtype !== 'int32')) {
    throw new ZooError(
      'NOT_SUPPORTED',
      `unsortedSegmentSum takes int32 ids and float32 or int32 values, got ${segmentIds.dtype} and ${x.dtype}.`,
    );
  }
  const native = nativeOf(backend);
  const rest = x.shape.slice(rank);
  const out = native.output([numSegments, ...rest], x.dtype);
  const sum = x.dtype === 'int32' ? native.kernels.segment_sum_int : native.kernels.segment_sum;
  const rows = util.sizeFromShape(segmentIds.shape);
  sum(native.address(x), native.address(segmentIds), rows, util.sizeFromShape(rest), numSegments, native.address(out));
  return out;
}
