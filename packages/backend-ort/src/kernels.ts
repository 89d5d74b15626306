import { getKernelsForBackend, registerKernel, unregisterKernel } from '@tensorflow/tfjs-core';
import { mappedKernels } from '@zoo/onnx';
import type { OrtBackend } from './ort-backend.ts';

/** tfjs's name for the backend. */
export const backendName = 'ort';

/** Registers every kernel that is mapped to ONNX or that the cpu engine has. Repeatable. */
export function registerKernels(): void {
  const present = new Set(getKernelsForBackend(backendName).map(({ kernelName }) => kernelName));
  const cpu = getKernelsForBackend('cpu').map(({ kernelName }) => kernelName);
  for (const kernelName of new Set([...mappedKernels(), ...cpu])) {
    if (present.has(kernelName)) unregisterKernel(kernelName, backendName);
    registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs, backend }) => (backend as OrtBackend).run(kernelName, inputs, attrs ?? {}),
    });
  }
}

/** Kernels that have no counterpart in ONNX and always run on plain JavaScript. */
export function unmappedKernels(): string[] {
  const mapped = new Set([...mappedKernels(), 'Fill', 'Range', 'LinSpace']);
  const cpu = getKernelsForBackend('cpu').map(({ kernelName }) => kernelName);
  return cpu.filter((name) => !mapped.has(name)).sort();
}
