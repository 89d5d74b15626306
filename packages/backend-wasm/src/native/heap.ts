import { ZooError } from '@zoo/core';
import type { WasmEngine } from './engine.ts';

/** What 32-bit addresses reach, less a page. */
const maxBytes = 0xffff0000;
/** Kept free for what C++ code allocates for itself: it aborts where it gets nothing, and the engine with it. */
const reserveBytes = 32 * 2 ** 20;
const marginBytes = 2 ** 20;
/** Blocks below take from the reserve. */
const smallBytes = 2 ** 20;

const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1e6)} MB`;

const outOfMemory = (bytes: number, used: number): ZooError =>
  new ZooError(
    'BACKEND_FAILED',
    `The WebAssembly heap has no room for a block of ${megabytes(bytes)}: ${megabytes(used)} are in use, and it grows to ${megabytes(maxBytes)} at most, if the system gives as much. Use smaller batches or layers, dispose tensors (tf.tidy), or take another engine (@zoo/backend-ort).`,
  );

/** Makes allocations on the heap of `engine` throw where there is no room. tfjs would write to address 0. */
export function guardHeap({ wasm }: WasmEngine): void {
  // Emscripten puts the real function in place at the first call.
  wasm._free(wasm._malloc(16));
  const { _malloc: malloc, _free: free } = wasm;
  /** Sizes of the larger blocks in use, by address. */
  const blocks = new Map<number, number>();
  let used = 0;
  /** Address of a new block, or 0. Kernels read a little past the end of their inputs: no block ends where memory does. */
  const allocate = (bytes: number): number => {
    const address = malloc(bytes) >>> 0;
    if (address + bytes <= maxBytes - marginBytes) return address;
    free(address);
    return 0;
  };
  const hasReserve = (): boolean => {
    const reserve = allocate(reserveBytes);
    if (reserve) free(reserve);
    return reserve !== 0;
  };
  wasm._malloc = (bytes) => {
    // A larger size would wrap round to a small block.
    const address = bytes > maxBytes ? 0 : allocate(bytes);
    if (bytes < smallBytes && (address !== 0 || bytes === 0)) return address;
    if (address === 0 || !hasReserve()) {
      if (address !== 0) free(address);
      throw outOfMemory(bytes, used);
    }
    blocks.set(address, bytes);
    used += bytes;
    return address;
  };
  wasm._free = (address) => {
    const bytes = blocks.get(address >>> 0);
    if (bytes !== undefined) {
      blocks.delete(address >>> 0);
      used -= bytes;
    }
    free(address);
  };
}
