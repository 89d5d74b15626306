/** In steps, so that a blocked thread or a sleeping machine, whose timers wait too, costs one step only. */
const steps = 20;

/** Timers wait no longer. */
const longest = 2 ** 31 - 1;

/** Awaits work, and gives all of it up once nothing has ended for so many seconds. */
export class Watchdog<T> {
  private readonly seconds: number;
  private readonly onStall: (awaited: readonly T[]) => Error;
  private readonly awaited = new Set<T>();
  private readonly stalled: Promise<never>;
  private giveUp!: (error: Error) => void;
  private timer: ReturnType<typeof setInterval> | undefined;
  private quiet = 0;

  /** `onStall` gives the error for all that is awaited, in the order in which it began; 0 seconds: it is never called. */
  constructor(seconds: number, onStall: (awaited: readonly T[]) => Error) {
    this.seconds = seconds;
    this.onStall = onStall;
    this.stalled = new Promise<never>((_, reject) => {
      this.giveUp = reject;
    });
    this.stalled.catch(() => {}); // it matters to those that wait
  }

  async watch<R>(what: T, work: Promise<R>): Promise<R> {
    this.awaited.add(what);
    if (this.seconds > 0)
      this.timer ??= setInterval(() => this.tick(), Math.min((this.seconds * 1000) / steps, longest));
    try {
      return await Promise.race([work, this.stalled]);
    } finally {
      this.awaited.delete(what);
      this.quiet = 0;
      if (this.awaited.size === 0) this.rest();
    }
  }

  private tick(): void {
    if (++this.quiet < steps) return;
    this.rest();
    this.giveUp(this.onStall([...this.awaited]));
  }

  private rest(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }
}
