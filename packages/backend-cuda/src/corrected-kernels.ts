import { getKernel, type KernelConfig, registerKernel, unregisterKernel } from '@tensorflow/tfjs-core';
import { maxPoolKernels } from './max-pool.ts';
import { resizeGradKernels } from './resize-grad.ts';

let corrected: readonly KernelConfig[] | undefined;

/** Puts the corrected kernels in place of tfjs-node's. Repeatable. */
export function registerCorrectedKernels(): void {
  corrected ??= [...resizeGradKernels, ...maxPoolKernels()];
  for (const kernel of corrected) {
    const { kernelName, backendName, kernelFunc } = kernel;
    const present = getKernel(kernelName, backendName);
    if (present?.kernelFunc === kernelFunc) continue;
    if (present) unregisterKernel(kernelName, backendName);
    registerKernel(kernel);
  }
}
