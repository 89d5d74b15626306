import { getKernel, type KernelConfig, type KernelFunc, registerKernel, unregisterKernel } from '@tensorflow/tfjs-core';
import { bincount } from './bincount.ts';
import { bitwiseAnd } from './bitwise-and.ts';
import { conv2dBackpropFilter } from './conv2d-backprop-filter.ts';
import { splitBatch } from './split-batch.ts';
import { unsortedSegmentSum } from './unsorted-segment-sum.ts';

const backendName = 'webgpu';

/** What replaces a stock kernel, made from it. */
const replacements: Record<string, (stock: KernelFunc) => KernelFunc> = {
  Bincount: () => bincount,
  DenseBincount: () => bincount,
  UnsortedSegmentSum: unsortedSegmentSum,
  Conv2DBackpropFilter: conv2dBackpropFilter,
  Conv2D: (stock) => splitBatch(stock, 'x'),
  FusedConv2D: (stock) => splitBatch(stock, 'x'),
};

const additions: Record<string, KernelFunc> = { BitwiseAnd: bitwiseAnd };

let installed = false;

/** Puts this package's kernels in the place of tfjs's, once. */
export function installKernels(): void {
  if (installed) return;
  installed = true;
  for (const [kernelName, replace] of Object.entries(replacements)) {
    const stock: KernelConfig = getKernel(kernelName, backendName);
    unregisterKernel(kernelName, backendName);
    registerKernel({ ...stock, kernelFunc: replace(stock.kernelFunc) });
  }
  for (const [kernelName, kernelFunc] of Object.entries(additions)) {
    registerKernel({ kernelName, backendName, kernelFunc });
  }
}
