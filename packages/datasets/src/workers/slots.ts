/** Memory for the values of one batch, which all threads write to. */
export interface Slot {
  inputs: SharedArrayBuffer;
  masks?: SharedArrayBuffer;
}

/** Slots that are used again and again: there are as many as were in use at the same time. */
export class Slots {
  private readonly free: Slot[] = [];
  private readonly make: () => Slot;
  /** How many there are. */
  count = 0;

  constructor(make: () => Slot) {
    this.make = make;
  }

  take(): Slot {
    const slot = this.free.pop();
    if (slot) return slot;
    this.count++;
    return this.make();
  }

  giveBack(slot: Slot): void {
    this.free.push(slot);
  }

  /** Forgets one that was taken: a thread that does not answer may still write to it. */
  drop(): void {
    this.count--;
  }

  /** Lets go of those that are not in use. */
  clear(): void {
    this.count -= this.free.length;
    this.free.length = 0;
  }
}
