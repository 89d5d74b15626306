import { type KernelConfig, type TensorInfo, UnsortedSegmentSum } from '@tensorflow/tfjs-core';
import { makeTensor, tensorValues } from './tensor-values.ts';

/** UnsortedSegmentSum in one pass; tfjs compares every id with every segment, in kernels of their own. */
export const unsortedSegmentSum: KernelConfig = {
  kernelName: UnsortedSegmentSum,
  backendName: 'cpu',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const { x, segmentIds } = inputs as { x: TensorInfo; segmentIds: TensorInfo };
    const { numSegments } = attrs as { numSegments: number };
    const rest = x.shape.slice(segmentIds.shape.length);
    const width = rest.reduce((product, size) => product * size, 1);
    const values = tensorValues(backend, x);
    const length = numSegments * width;
    const sums = x.dtype === 'float32' ? new Float32Array(length) : new Int32Array(length);
    for (const [i, id] of tensorValues(backend, segmentIds).entries()) {
      if (id < 0 || id >= numSegments) continue;
      for (let c = 0; c < width; c++) sums[id * width + c]! += values[i * width + c]!;
    }
    return makeTensor(backend, [numSegments, ...rest], sums);
  },
};
