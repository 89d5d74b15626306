import { backend_util, type KernelFunc, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { call, type KernelCall } from '../native/engine.ts';
import { nativeOf } from '../native/native.ts';

type Reduction = KernelCall<{ x: TensorInfo }, { axis: number | number[]; keepDims?: boolean }>;

/** Sizes before, along and after the reduced axes; undefined where these are not neighbours. */
function middle(shape: readonly number[], axes: readonly number[]): [number, number, number] | undefined {
  const sizes: [number, number, number] = [1, 1, 1];
  let part = 0;
  for (const [axis, size] of shape.entries()) {
    if (size === 1) continue;
    const reduced = axes.includes(axis);
    if (reduced && part === 0) part = 1;
    if (!reduced && part === 1) part = 2;
    if (reduced && part === 2) return undefined;
    sizes[part]! *= size;
  }
  return sizes;
}

/** Sum and Mean of float32 over neighbouring axes, without tfjs's transposition and in two levels of precision. */
function reduction(mean: boolean) {
  return ({ inputs: { x }, attrs, backend }: Reduction, stock: KernelFunc | undefined): TensorInfo => {
    const axes = util.parseAxisParam(attrs.axis, x.shape);
    const sizes = middle(x.shape, axes);
    if (stock && (x.dtype !== 'float32' || !sizes)) return call(stock, { x }, attrs, backend);
    const [outer, rows, cols] = sizes!;
    const [outShape] = backend_util.computeOutAndReduceShapes(x.shape, axes);
    const native = nativeOf(backend);
    const out = native.output(attrs.keepDims ? backend_util.expandShapeToKeepDim(outShape, axes) : outShape);
    native.kernels.sum_middle(native.address(x), outer, rows, cols, mean ? 1 / rows : 1, native.address(out));
    return out;
  };
}

export const sum = reduction(false);
export const mean = reduction(true);
