/** Counts of what the backend did, for reports and tests. */
export interface OrtStatistics {
  runs: number;
  cacheHits: number;
  cacheMisses: number;
  compileMs: number;
  /** Runs with weights as constants. */
  bakedRuns: number;
  /** Runs on another thread. */
  backgroundRuns: number;
  sessions: number;
  pooledBytes: number;
  /** Kernels that ran on plain JavaScript, with how often. */
  fallbacks: ReadonlyMap<string, number>;
}
