import {
  AvgPoolGrad,
  type AvgPoolGradAttrs,
  backend_util,
  type KernelConfig,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { makeTensor, tensorValues } from './tensor-values.ts';

/**
 * Gradient of average pooling. tfjs divides every window by its full size, while the forward pass divides a window that
 * reaches into the padding by the pixels it covers; here both agree. Padding given as an array keeps tfjs's divisor, which
 * tfjs-core's own tests demand on every backend.
 */
export const avgPoolGrad: KernelConfig = {
  kernelName: AvgPoolGrad,
  backendName: 'cpu',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const { dy, input } = inputs as { dy: TensorInfo; input: TensorInfo };
    const { filterSize, strides, pad } = attrs as unknown as AvgPoolGradAttrs;
    const shape = input.shape as [number, number, number, number];
    const info = backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad);
    const { batchSize, inChannels, inHeight, inWidth, padInfo } = info;
    // Rounding modes can give `dy` another extent than `info`, which does not know them.
    const [, outHeight = 0, outWidth = 0] = dy.shape;
    const gradient = tensorValues(backend, dy);
    const dx = new Float32Array(batchSize * inHeight * inWidth * inChannels);

    const wholeWindow = Array.isArray(pad) ? info.filterHeight * info.filterWidth : undefined;

    let at = 0;
    for (let b = 0; b < batchSize; b++) {
      for (let y = 0; y < outHeight; y++) {
        const top = y * info.strideHeight - padInfo.top;
        const rowEnd = Math.min(inHeight, top + info.filterHeight);
        const rowStart = Math.max(0, top);
        for (let x = 0; x < outWidth; x++) {
          const left = x * info.strideWidth - padInfo.left;
          const colEnd = Math.min(inWidth, left + info.filterWidth);
          const colStart = Math.max(0, left);
          const covered = wholeWindow ?? (rowEnd - rowStart) * (colEnd - colStart);
          for (let c = 0; c < inChannels; c++) {
            const share = gradient[at++]! / covered;
            for (let row = rowStart; row < rowEnd; row++) {
              const rowOffset = (b * inHeight + row) * inWidth;
              for (let col = colStart; col < colEnd; col++) dx[(rowOffset + col) * inChannels + c]! += share;
            }
          }
        }
      }
    }
    return makeTensor(backend, shape, dx);
  },
};
