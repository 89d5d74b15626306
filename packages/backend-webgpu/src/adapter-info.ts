const SOFTWARE_NAMES = /swiftshader|llvmpipe|lavapipe|softpipe|software|basic render|\bwarp\b/i;

/** The fields of `GPUAdapterInfo` that tell adapters apart; browsers may leave any of them empty. */
export interface AdapterSummary {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  readonly isFallbackAdapter?: boolean;
}

/** True for adapters that run on the CPU. */
export function isSoftwareAdapter(info: AdapterSummary): boolean {
  const names = `${info.vendor} ${info.architecture} ${info.device} ${info.description}`;
  return info.isFallbackAdapter === true || SOFTWARE_NAMES.test(names);
}

/** A short name for people, e.g. `NVIDIA RTX 4090 (nvidia lovelace)`. */
export function describeAdapter(info: AdapterSummary): string {
  const kind = [info.vendor, info.architecture].filter(Boolean).join(' ');
  if (!info.description) return kind || 'unnamed adapter';
  return kind ? `${info.description} (${kind})` : info.description;
}
