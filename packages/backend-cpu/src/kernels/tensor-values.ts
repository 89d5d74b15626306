import type { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import type { DataTypeMap, TensorInfo } from '@tensorflow/tfjs-core';

/** The numbers of a tensor that lives on the cpu backend; not a copy. */
export function tensorValues(backend: unknown, tensor: TensorInfo): DataTypeMap['float32'] {
  const { values } = (backend as MathBackendCPU).data.get(tensor.dataId);
  return values as DataTypeMap['float32'];
}

/** A tensor of the cpu backend over `values`. */
export function makeTensor(backend: unknown, shape: number[], values: Float32Array | Int32Array): TensorInfo {
  const dtype = values instanceof Float32Array ? 'float32' : 'int32';
  return (backend as MathBackendCPU).makeTensorInfo(shape, dtype, values);
}
