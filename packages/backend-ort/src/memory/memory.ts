import type { TensorElement } from '@zoo/onnx';
import { BufferPool } from './buffer-pool.ts';
import { arrayOver, bytesOf, type Storage, type TensorData } from './storage.ts';

/** Hands out the memory of tensors, and takes it back when its last owner is gone. */
export class Memory {
  readonly #pool: BufferPool;
  /** Buffers without owner that recorded calls may still read; those of runs that have begun or wait are taken out. */
  #held: ArrayBuffer[] = [];
  #heldBytes = 0;

  constructor({ maxPooledBytes }: { maxPooledBytes: number }) {
    this.#pool = new BufferPool(maxPooledBytes);
  }

  /** Bytes without owner that wait for recorded calls. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  get pooledBytes(): number {
    return this.#pool.bytes;
  }

  /** Room for `size` elements, with any content. */
  allocate(type: TensorElement, size: number): TensorData {
    return arrayOver(type, this.#pool.take(bytesOf(type, size)));
  }

  /** One owner less. Where recorded calls may read the memory still, it waits for `freeHeld`. */
  disown(storage: Storage, { mayBeRead }: { mayBeRead: boolean }): void {
    storage.owners--;
    if (storage.owners > 0) return;
    if (storage.base) {
      this.disown(storage.base, { mayBeRead });
      return;
    }
    const buffer = storage.data.buffer as ArrayBuffer;
    if (!mayBeRead) {
      this.#pool.give(buffer);
      return;
    }
    this.#held.push(buffer);
    this.#heldBytes += buffer.byteLength;
  }

  /** The held buffers, which `free` or `drop` has to follow. */
  takeHeld(): readonly ArrayBuffer[] {
    const held = this.#held;
    this.#held = [];
    return held;
  }

  /** No recorded call reads the buffers any more: later results may overwrite them. */
  free(held: readonly ArrayBuffer[]): void {
    for (const buffer of held) this.#pool.give(buffer);
    this.drop(held);
  }

  /** Leaves the buffers to whatever still reads them. */
  drop(held: readonly ArrayBuffer[]): void {
    for (const { byteLength } of held) this.#heldBytes -= byteLength;
  }

  /** Frees what waits for results to come. */
  clear(): void {
    this.#pool.clear();
  }
}
