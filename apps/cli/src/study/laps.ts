/** Seconds by what they went into. */
export class Laps {
  readonly seconds: Record<string, number> = {};
  private last = performance.now();

  /** Counts the time since the last call for `what`. */
  lap(what: string): number {
    const now = performance.now();
    const passed = (now - this.last) / 1000;
    this.seconds[what] = (this.seconds[what] ?? 0) + passed;
    this.last = now;
    return passed;
  }
}
