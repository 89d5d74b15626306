import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import { call, type KernelCall } from '../native/engine.ts';

/** Identity without the copy: tensors are immutable, so clones share their data and count references. */
export function identity(
  { inputs: { x }, backend }: KernelCall<{ x: TensorInfo }, object>,
  stock: KernelFunc | undefined,
): TensorInfo {
  if (x.dtype === 'string' && stock) return call(stock, { x }, {}, backend);
  backend.incRef(x.dataId);
  return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
}
