import { getKernel, type KernelConfig, registerKernel, unregisterKernel } from '@tensorflow/tfjs-core';
import { avgPoolGrad } from './avg-pool-grad.ts';
import { maxPoolKernels } from './max-pool.ts';
import { resizeBilinearGrad, resizeNearestNeighborGrad } from './resize-grad.ts';
import { unsortedSegmentSum } from './segment-sum.ts';

const corrected: readonly KernelConfig[] = [
  avgPoolGrad,
  resizeBilinearGrad,
  resizeNearestNeighborGrad,
  unsortedSegmentSum,
  ...maxPoolKernels,
];

/** Puts the corrected kernels in place of tfjs's own. Repeatable, since a second copy of tfjs would put its own back. */
export function registerCorrectedKernels(): void {
  for (const kernel of corrected) {
    const { kernelName, backendName, kernelFunc } = kernel;
    const present = getKernel(kernelName, backendName);
    if (present?.kernelFunc === kernelFunc) continue;
    if (present) unregisterKernel(kernelName, backendName);
    registerKernel(kernel);
  }
}
