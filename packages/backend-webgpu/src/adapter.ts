import type { BackendProbe } from '@zoo/core';
import { findGpu } from '#platform';
import { describeAdapter, isSoftwareAdapter } from './adapter-info.ts';
import { softwareAllowed, type WebgpuOptions } from './options.ts';

export type AdapterChoice =
  | { adapter: GPUAdapter; software: boolean; detail: string }
  | { adapter: null; probe: Extract<BackendProbe, { available: false }> };

const refuse = (reason: string, hint?: string): AdapterChoice => ({
  adapter: null,
  probe: { available: false, reason, ...(hint === undefined ? {} : { hint }) },
});

async function request(gpu: GPU | undefined, options: GPURequestAdapterOptions): Promise<GPUAdapter | null> {
  return (await gpu?.requestAdapter(options)) ?? null;
}

/** The adapter to compute on, or in words why there is none. Never throws. */
export async function chooseAdapter(options: WebgpuOptions): Promise<AdapterChoice> {
  const allowSoftware = softwareAllowed(options);
  try {
    const found = await findGpu();
    if ('reason' in found) return refuse(found.reason, found.hint);
    const powerPreference = options.powerPreference ?? 'high-performance';
    let adapter = await request(found.gpu, { powerPreference });
    if (!adapter && allowSoftware) {
      adapter = await request(found.gpu, { forceFallbackAdapter: true });
      const software = adapter ? undefined : await found.softwareGpu?.();
      if (software) adapter = await request(software, {});
    }
    if (!adapter) return refuse(`no adapter: ${found.noAdapter}`, found.noAdapterHint);
    const name = describeAdapter(adapter.info);
    const software = isSoftwareAdapter(adapter.info);
    if (software && !allowSoftware) {
      return refuse(
        `only a software adapter (${name})`,
        'set ZOO_WEBGPU_SOFTWARE=1, or pass allowSoftware: true, to use it',
      );
    }
    return { adapter, software, detail: software ? `${name}, software adapter` : name };
  } catch (error) {
    return refuse(`no adapter: ${error instanceof Error ? error.message : String(error)}`);
  }
}
