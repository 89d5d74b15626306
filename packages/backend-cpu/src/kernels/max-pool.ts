import { backend_util, type KernelConfig, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { makeTensor, tensorValues } from './tensor-values.ts';

type Triple = [number, number, number];

interface PoolAttrs {
  filterSize: number | [number, number] | Triple;
  strides: number | [number, number] | Triple;
  pad: 'same' | 'valid' | number;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** Windows over a volume; images are volumes of depth one. */
interface Windows {
  /** `[n, d, h, w, c]` */
  input: readonly [number, number, number, number, number];
  size: Triple;
  strides: Triple;
  /** Padding before the first pixel. */
  before: Triple;
  /** How many there are along depth, height and width. */
  count: Triple;
  outShape: number[];
}

function windowsOf({ shape }: TensorInfo, { filterSize, strides, pad, dimRoundingMode }: PoolAttrs): Windows {
  if (shape.length === 5) {
    const input = shape as [number, number, number, number, number];
    const [size, steps] = [filterSize as Triple, strides as Triple];
    const info = backend_util.computePool3DInfo(input, size, steps, 1, pad, dimRoundingMode);
    const { front, top, left } = info.padInfo;
    return {
      input,
      size: [info.filterDepth, info.filterHeight, info.filterWidth],
      strides: [info.strideDepth, info.strideHeight, info.strideWidth],
      before: [front, top, left],
      count: [info.outDepth, info.outHeight, info.outWidth],
      outShape: info.outShape,
    };
  }
  const [n, h, w, c] = shape as [number, number, number, number];
  const [size, steps] = [filterSize as [number, number], strides as [number, number]];
  const info = backend_util.computePool2DInfo([n, h, w, c], size, steps, 1, pad, dimRoundingMode);
  return {
    input: [n, 1, h, w, c],
    size: [1, info.filterHeight, info.filterWidth],
    strides: [1, info.strideHeight, info.strideWidth],
    before: [0, info.padInfo.top, info.padInfo.left],
    count: [1, info.outHeight, info.outWidth],
    outShape: info.outShape,
  };
}

/**
 * For every window and channel, in the order of the result: its first largest value and where that is. NaN is larger than all
 * numbers, and of several the last one counts, as in PyTorch. A window wholly in the padding has -Infinity, at -1.
 */
function eachMaximum(
  values: ArrayLike<number>,
  { input: [n, depth, height, width, channels], size, strides, before, count }: Windows,
  visit: (window: number, largest: number, at: number) => void,
): void {
  const range = (axis: 0 | 1 | 2, window: number, extent: number): [number, number] => {
    const start = window * strides[axis] - before[axis];
    return [Math.max(0, start), Math.min(extent, start + size[axis])];
  };
  let window = 0;
  for (let b = 0; b < n; b++) {
    for (let k = 0; k < count[0]; k++) {
      const [front, back] = range(0, k, depth);
      for (let i = 0; i < count[1]; i++) {
        const [top, bottom] = range(1, i, height);
        for (let j = 0; j < count[2]; j++) {
          const [left, right] = range(2, j, width);
          for (let c = 0; c < channels; c++) {
            let largest = Number.NEGATIVE_INFINITY;
            let at = -1;
            for (let z = front; z < back; z++) {
              for (let y = top; y < bottom; y++) {
                const row = ((b * depth + z) * height + y) * width;
                for (let x = left; x < right; x++) {
                  const place = (row + x) * channels + c;
                  const value = values[place]!;
                  if (at < 0 || value > largest || Number.isNaN(value)) {
                    largest = value;
                    at = place;
                  }
                }
              }
            }
            visit(window++, largest, at);
          }
        }
      }
    }
  }
}

const maxPool = (kernelName: string): KernelConfig => ({
  kernelName,
  backendName: 'cpu',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const x = inputs['x'] as TensorInfo;
    const windows = windowsOf(x, attrs as unknown as PoolAttrs);
    // tfjs's spec wants the input itself, also where windows of one pixel lie in the padding.
    if (windows.size.every((size) => size === 1) && util.arraysEqual(windows.outShape, x.shape)) {
      return makeTensor(backend, x.shape, Float32Array.from(tensorValues(backend, x)));
    }
    const y = new Float32Array(windows.outShape.reduce((product, size) => product * size, 1));
    eachMaximum(tensorValues(backend, x), windows, (window, largest) => {
      y[window] = largest;
    });
    return makeTensor(backend, windows.outShape, y);
  },
});

const maxPoolGrad = (kernelName: string): KernelConfig => ({
  kernelName,
  backendName: 'cpu',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const { dy, input } = inputs as { dy: TensorInfo; input: TensorInfo };
    const windows = windowsOf(input, attrs as unknown as PoolAttrs);
    // Rounding modes can give `dy` another extent than the attributes, which may leave them out.
    windows.count = [windows.count[0], ...dy.shape.slice(-3, -1)] as Triple;
    if (dy.shape.length === 5) windows.count[0] = dy.shape[1]!;
    const values = tensorValues(backend, input);
    const slopes = tensorValues(backend, dy);
    const dx = new Float32Array(values.length);
    eachMaximum(values, windows, (window, _, at) => {
      if (at >= 0) dx[at]! += slopes[window]!;
    });
    return makeTensor(backend, input.shape, dx);
  },
});

/** Maximum pools whose windows with NaN are NaN, where tfjs's pass over it, and their gradients. */
export const maxPoolKernels: readonly KernelConfig[] = [
  maxPool('MaxPool'),
  maxPool('MaxPool3D'),
  maxPoolGrad('MaxPoolGrad'),
  maxPoolGrad('MaxPool3DGrad'),
];
