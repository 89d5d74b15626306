import { Failure } from './failures.ts';

/** The slowest that a download may be: fewer bytes per second over so many seconds end it. */
export interface MinSpeed {
  bytesPerSecond: number;
  seconds: number;
}

const ticksPerWindow = 12;

/**
 * Aborts `signal` with a `Failure` once too little came over a whole window. It counts ticks of a timer, not the clock: a
 * program that was busy or a machine that slept in between is not the network's fault.
 */
export class SpeedWatch {
  readonly signal: AbortSignal;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #ticks: number[] = [];
  #now = 0;

  constructor(url: string, { bytesPerSecond, seconds }: MinSpeed = { bytesPerSecond: 1000, seconds: 60 }) {
    const slow = new AbortController();
    this.signal = slow.signal;
    const tick = (): void => {
      this.#ticks.push(this.#now);
      this.#now = 0;
      if (this.#ticks.length > ticksPerWindow) this.#ticks.shift();
      const came = this.#ticks.reduce((sum, bytes) => sum + bytes, 0);
      if (this.#ticks.length < ticksPerWindow || came >= bytesPerSecond * seconds) return;
      this.stop();
      const message = `${url} sent ${came} bytes in ${seconds} s, less than ${bytesPerSecond} bytes per second: given up.`;
      slow.abort(new Failure('next', 'DOWNLOAD_FAILED', `${message} Try again later; what came is kept.`));
    };
    this.#timer = setInterval(tick, (seconds * 1000) / ticksPerWindow);
  }

  add(bytes: number): void {
    this.#now += bytes;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
