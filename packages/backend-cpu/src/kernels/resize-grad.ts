import {
  type KernelConfig,
  ResizeBilinearGrad,
  ResizeNearestNeighborGrad,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { makeTensor, tensorValues } from './tensor-values.ts';

interface Mapping {
  alignCorners: boolean;
  halfPixelCenters: boolean;
}

/** One output line: the input lines it reads (often the same one twice) and the weight of the second. */
interface Tap {
  first: number;
  second: number;
  weight: number;
}

function ratio(from: number, to: number, alignCorners: boolean): number {
  return alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to;
}

/** Same arithmetic as tfjs's ResizeBilinear, along one axis. */
function bilinearTaps(from: number, to: number, { alignCorners, halfPixelCenters }: Mapping): Tap[] {
  const scale = ratio(from, to, alignCorners);
  return Array.from({ length: to }, (_, i) => {
    const source = halfPixelCenters ? scale * (i + 0.5) - 0.5 : scale * i;
    const first = Math.max(0, Math.floor(source));
    return { first, second: Math.min(from - 1, Math.ceil(source)), weight: source - first };
  });
}

/** Same arithmetic as tfjs's ResizeNearestNeighbor, along one axis. */
function nearestTaps(from: number, to: number, { alignCorners, halfPixelCenters }: Mapping): Tap[] {
  const scale = ratio(from, to, alignCorners);
  return Array.from({ length: to }, (_, i) => {
    const source = scale * (halfPixelCenters ? i + 0.5 : i);
    const index = Math.min(from - 1, alignCorners ? Math.round(source) : Math.floor(source));
    return { first: index, second: index, weight: 0 };
  });
}

function resizeGrad(kernelName: string, taps: typeof bilinearTaps): KernelConfig {
  return {
    kernelName,
    backendName: 'cpu',
    kernelFunc: ({ inputs, backend, attrs }) => {
      const { dy, images } = inputs as { dy: TensorInfo; images: TensorInfo };
      const mapping = attrs as unknown as Mapping;
      const [batch, height, width, channels] = images.shape as [number, number, number, number];
      const [, outHeight, outWidth] = dy.shape as [number, number, number, number];
      const rows = taps(height, outHeight, mapping);
      const cols = taps(width, outWidth, mapping);
      const gradient = tensorValues(backend, dy);
      const dx = new Float32Array(batch * height * width * channels);

      let at = 0;
      for (let b = 0; b < batch; b++) {
        for (const row of rows) {
          const top = (b * height + row.first) * width;
          const bottom = (b * height + row.second) * width;
          for (const col of cols) {
            for (let c = 0; c < channels; c++) {
              const value = gradient[at++]!;
              const lower = value * row.weight;
              const upper = value - lower;
              dx[(top + col.first) * channels + c]! += upper * (1 - col.weight);
              dx[(top + col.second) * channels + c]! += upper * col.weight;
              dx[(bottom + col.first) * channels + c]! += lower * (1 - col.weight);
              dx[(bottom + col.second) * channels + c]! += lower * col.weight;
            }
          }
        }
      }
      return makeTensor(backend, images.shape, dx);
    },
  };
}

/** Gradient of bilinear resizing. tfjs's swaps height and width in its shape and ignores half-pixel centres. */
export const resizeBilinearGrad = resizeGrad(ResizeBilinearGrad, bilinearTaps);

/** Gradient of nearest-neighbour resizing. tfjs's reads outside `dy` for batches, and ignores half-pixel centres. */
export const resizeNearestNeighborGrad = resizeGrad(ResizeNearestNeighborGrad, nearestTaps);
