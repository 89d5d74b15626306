import { backend_util, type KernelFunc, type Tensor, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { ZooError } from '@zoo/core';
import { call, type KernelCall } from '../native/engine.ts';
import { nativeOf } from '../native/native.ts';

/** GatherV2, which embeddings use. tfjs's own reads outside its input with `batchDims`. */
export function gather(
  {
    inputs: { x, indices },
    attrs: { axis, batchDims },
    backend,
  }: KernelCall<{ x: TensorInfo; indices: TensorInfo }, { axis: number; batchDims: number }>,
  stock: KernelFunc | undefined,
): TensorInfo {
  if (x.dtype === 'string' || x.dtype === 'complex64')
    return call(stock!, { x, indices }, { axis, batchDims }, backend);
  const [parsedAxis = 0] = util.parseAxisParam(axis, x.shape);
  const native = nativeOf(backend);
  const rows = x.shape[parsedAxis]!;
  for (const index of native.view(indices)) {
    if (index < 0 || index >= rows) {
      throw new ZooError('INVALID_ARGUMENT', `GatherV2: the index value ${index} is not in [0, ${rows - 1}].`);
    }
  }
  const { collectGatherOpShapeInfo } = backend_util.segment_util;
  const shape = collectGatherOpShapeInfo(x as Tensor, indices as Tensor, parsedAxis, batchDims);
  const out = native.output(shape.outputShape, x.dtype);
  const count = util.sizeFromShape(indices.shape) / shape.batchSize;
  const bytes = shape.sliceSize * util.bytesPerElement(x.dtype);
  if (util.sizeFromShape(out.shape) === 0) return out;
  const { batchSize, outerSize, dimSize } = shape;
  native.kernels.gather(
    native.address(x),
    native.address(indices),
    batchSize,
    outerSize,
    dimSize,
    count,
    bytes,
    native.address(out),
  );
  return out;
}
