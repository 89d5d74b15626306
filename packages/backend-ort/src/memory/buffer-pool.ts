import { ZooError } from '@zoo/core';

/** Buffers of former results, by size in bytes, for the results to come: a training step needs the same ones each time. */
export class BufferPool {
  readonly #limit: number;
  readonly #free = new Map<number, ArrayBuffer[]>();
  #bytes = 0;

  /** Keeps at most `limit` bytes; the least recently used sizes go first. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** A buffer with any content. */
  take(bytes: number): ArrayBuffer {
    const found = this.#free.get(bytes);
    const buffer = found?.pop();
    if (!buffer) return this.#allocate(bytes);
    this.#bytes -= bytes;
    this.#touch(bytes, found!);
    return buffer;
  }

  give(buffer: ArrayBuffer): void {
    const bytes = buffer.byteLength;
    if (bytes === 0 || bytes > this.#limit) return;
    const list = this.#free.get(bytes) ?? [];
    list.push(buffer);
    this.#bytes += bytes;
    this.#touch(bytes, list);
    for (const [size, buffers] of this.#free) {
      while (this.#bytes > this.#limit && buffers.length > 0) {
        buffers.pop();
        this.#bytes -= size;
      }
      if (this.#bytes <= this.#limit) break;
    }
  }

  clear(): void {
    this.#free.clear();
    this.#bytes = 0;
  }

  #allocate(bytes: number): ArrayBuffer {
    try {
      return new ArrayBuffer(bytes);
    } catch {
      // Perhaps it fits without what is kept for later.
      this.clear();
    }
    try {
      return new ArrayBuffer(bytes);
    } catch (cause) {
      const size = `${(bytes / 2 ** 20).toFixed(0)} MiB`;
      throw new ZooError(
        'BACKEND_FAILED',
        `Out of memory: a tensor of ${size} does not fit. Use a smaller batch, or dispose tensors that are no longer needed.`,
        { cause },
      );
    }
  }

  #touch(bytes: number, list: ArrayBuffer[]): void {
    this.#free.delete(bytes);
    if (list.length > 0) this.#free.set(bytes, list);
  }
}
