import type { TensorData } from '../memory/storage.ts';
import type { Value } from './value.ts';

interface Reader {
  resolve(data: TensorData): void;
  reject(error: unknown): void;
}

/** Values that one run in the background will give, as they were wanted at one time. */
export class Batch {
  readonly wanted: readonly Value[];
  /** Buffers that nothing reads any more once this has run. */
  readonly held: readonly ArrayBuffer[];
  readonly #values: ReadonlySet<Value>;
  /**
   * Values whose last tensor went meanwhile. They are computed nevertheless: what a graph consists of must not depend on how
   * far another run has come.
   */
  readonly #released = new Set<Value>();
  readonly #readers = new Map<Value, Reader[]>();

  constructor(wanted: readonly Value[], held: readonly ArrayBuffer[]) {
    this.wanted = wanted;
    this.held = held;
    this.#values = new Set(wanted);
  }

  get released(): ReadonlySet<Value> {
    return this.#released;
  }

  has(value: Value): boolean {
    return this.#values.has(value);
  }

  release(value: Value): void {
    this.#released.add(value);
  }

  /** A copy of the value's content, when it is there. */
  read(value: Value): Promise<TensorData> {
    return new Promise((resolve, reject) => {
      const readers = this.#readers.get(value) ?? [];
      this.#readers.set(value, [...readers, { resolve, reject }]);
    });
  }

  /** Its values are in memory. Who waits gets copies now, since the memory of released ones is about to be used again. */
  succeeded(): void {
    for (const [value, readers] of this.#readers) {
      for (const { resolve } of readers) resolve(value.storage!.data.slice());
    }
  }

  failed(error: unknown): void {
    for (const readers of this.#readers.values()) for (const { reject } of readers) reject(error);
  }
}
