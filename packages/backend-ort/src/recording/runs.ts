import type { Value } from './value.ts';

/** What computes values: after it, they are in memory. */
export interface Runs {
  run(wanted: readonly Value[]): void;
  /** Whether a run need not block. */
  readonly inBackground: boolean;
  /** The same, while the program goes on. Calls `done` from the event loop, from `wait`, or at once; one at a time. */
  begin(wanted: readonly Value[], done: (failure?: { error: unknown }) => void): void;
  /** Blocks until what has begun is done. */
  wait(): void;
}
