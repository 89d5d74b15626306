import type { GpuLookup } from './platform.ts';

/** The page's or worker's `navigator.gpu`. */
export async function findGpu(): Promise<GpuLookup> {
  const gpu = globalThis.navigator?.gpu;
  if (gpu) {
    return {
      gpu,
      noAdapter: 'the browser has WebGPU but offers no GPU',
      noAdapterHint: 'check chrome://gpu (or about:support) for a blocked driver',
    };
  }
  return globalThis.isSecureContext === false
    ? { reason: 'WebGPU needs a secure page', hint: 'serve the page over https or from localhost' }
    : { reason: 'this browser has no WebGPU', hint: 'use Chrome or Edge 113+, Safari 26+ or Firefox 141+' };
}

/** Browsers provide every WebGPU global themselves. */
export function withNavigatorGpu<T>(run: () => T): T {
  return run();
}
