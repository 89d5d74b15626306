/** Where the host keeps its WebGPU entry point, or why it has none. */
export type GpuLookup =
  | {
      /** Absent when it is known beforehand that no adapter would be offered. */
      gpu: GPU | undefined;
      /** What it means when no adapter is offered, and what to do. */
      noAdapter: string;
      noAdapterHint?: string;
      /** An entry point that offers a software adapter, where the host can make one. */
      softwareGpu?: () => Promise<GPU | undefined>;
    }
  | { reason: string; hint?: string };
