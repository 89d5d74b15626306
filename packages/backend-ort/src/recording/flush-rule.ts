import { periodOf } from './period.ts';

/** Recordings are looked at for a repetition when they reach this length, and whenever it has doubled. */
const firstLook = 512;

/** A recording that does not repeat runs at this length: compiling takes more than linear time. */
const longest = 8192;

/** Decides when calls run that nobody reads: in loops that never await. */
export class FlushRule {
  #recorded: number[] = [];
  #nextLook = firstLook;
  #cutAt: number | undefined;
  #keepsCut = false;

  /** Whether everything up to this call should run now; one that stands for many counts as so many. */
  afterCall(signature: number, weight = 1): boolean {
    for (let i = 0; i < weight; i++) this.#recorded.push(signature);
    const count = this.#recorded.length;
    if (this.#cutAt === undefined && count >= this.#nextLook) {
      this.#nextLook *= 2;
      const period = periodOf(this.#recorded);
      if (period) this.#cutAt = Math.ceil(firstLook / period) * period;
    }
    this.#keepsCut = (this.#cutAt !== undefined && count >= this.#cutAt) || count >= longest;
    return this.#keepsCut;
  }

  /** Everything ran. What was found about a loop holds only as long as nothing else makes its calls run. */
  reset(): void {
    if (!this.#keepsCut) this.#cutAt = undefined;
    this.#keepsCut = false;
    this.#recorded = [];
    this.#nextLook = firstLook;
  }
}
