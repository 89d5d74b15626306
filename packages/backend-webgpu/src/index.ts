export { type AdapterSummary, describeAdapter, isSoftwareAdapter } from './adapter-info.ts';
export type { WebgpuOptions } from './options.ts';
export { webgpu, webgpuBackend } from './plugin.ts';
