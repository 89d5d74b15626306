/** What a benchmark case is; sent to every engine as JSON. */
export interface Job {
  group: 'inference' | 'training' | 'features' | 'loader';
  net: string;
  batch: number;
  /** Side of the square input. */
  size: number;
  channels: number;
  classes: number;
  threads: number;
  /** Processes or threads that decode images beside the one that computes. */
  workers: number;
  lr: number;
  /** PyTorch's state dict; absent where no PyTorch could write it, and then every engine draws its own. */
  weights?: string;
  /** The same net as PyTorch exports it. */
  onnx?: string;
  /** Raw float32, `[batch, channels, size, size]`. */
  input: string;
  /** Raw int32, `[batch]`. */
  labels: string;
  /** Folder of JPEG files, for the groups that read them. */
  images?: string;
}

/** To an engine, one JSON line each on its standard input. */
export type Request =
  | { do: 'prepare'; job: Job; outputFile: string }
  /** `iterations` of the job, timed. */
  | { do: 'run'; iterations: number };

/** From an engine, one JSON line each on file descriptor 3. */
export type Reply =
  | { ready: true; versions: Record<string, string>; threads: number }
  | { prepared: true; loadMs: number; firstMs: number; compileMs?: number }
  | { sample: Sample }
  | { error: string };

/** One round of one engine: milliseconds per iteration, and the process's peak so far. */
export interface Sample {
  wallMs: number;
  /** User and system time of all threads, and of worker processes. */
  cpuMs: number;
  peakMB: number;
}
