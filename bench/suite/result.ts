import type { Sample } from './protocol.ts';
import type { Statistics } from './statistics.ts';

/** Raised when a field changes its meaning or goes; new fields do not raise it. */
export const schemaVersion = 1;

/** One engine in one case. */
export interface Row {
  engine: string;
  kind: 'ours' | 'peer';
  versions: Readonly<Record<string, string>>;
  /** Threads the engine computed with: what was asked for, or fewer where it has no more. */
  threads: number;
  /** Why there are no numbers. */
  missing?: string;
  /** Its process could not even start: no later case tries it again. */
  cannotStart?: true;
  /** Relative difference of the output from the case's reference; absent for the reference and without one. */
  error?: number;
  /** Building the net and loading weights. */
  loadMs?: number;
  /** First iteration, compilation included. */
  firstMs?: number;
  /** What it compiled in the first iteration, where it says so. */
  compileMs?: number;
  /** Per item: a batch, a step, an image or a start. */
  wallMs?: Statistics;
  cpuMs?: Statistics;
  /** Peak resident memory of the engine's main process. */
  peakMB?: number;
  /** Median over the peer's median, by the peer's name; only of peers that ran in the same case. */
  ratio: Readonly<Record<string, number>>;
  /** Minimum over minimum of the CPU times. */
  cpuRatio: Readonly<Record<string, number>>;
  /** Peak memory over the peer's. */
  peakRatio: Readonly<Record<string, number>>;
  /** Iterations in one round. */
  iterations?: number;
  /** Every round, in order, per item. */
  rounds: readonly Sample[];
}

/** One table. */
export interface CaseResult {
  group: string;
  title: string;
  net: string;
  batch: number;
  size: number;
  /** What a time is per. */
  unit: 'batch' | 'step' | 'image' | 'start';
  /** The engine whose output the others were compared with; absent when none could be. */
  reference?: string;
  rows: readonly Row[];
}

export interface Machine {
  cpu: string;
  cores: number;
  memoryGB: number;
  os: string;
  node: string;
  /** 1-minute load average when the run began and when it ended. */
  load: [number, number];
}

/** The file that `--json` writes. */
export interface BenchmarkFile {
  schema: typeof schemaVersion;
  date: string;
  commit?: string;
  machine: Machine;
  options: { threads: number; workers: number; rounds: number | undefined; quick: boolean };
  cases: readonly CaseResult[];
}
