/** A WebAssembly module with memory of its own, that grows as needed. */
export class Kernels<Exports> {
  readonly run: Exports;
  private readonly memory: WebAssembly.Memory;
  private readonly base: number;
  private next: number;

  private constructor(instance: WebAssembly.Instance) {
    const { memory, __heap_base: base } = instance.exports as unknown as {
      memory: WebAssembly.Memory;
      __heap_base: WebAssembly.Global<'i32'>;
    };
    this.run = instance.exports as Exports;
    this.memory = memory;
    this.base = Math.ceil(base.value / 16) * 16;
    this.next = this.base;
  }

  /** Undefined where the platform has no WebAssembly with SIMD, or does not allow it. */
  static load<Exports>(base64: string): Kernels<Exports> | undefined {
    try {
      const code = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
      return new Kernels<Exports>(new WebAssembly.Instance(new WebAssembly.Module(code)));
    } catch {
      return undefined;
    }
  }

  /** Forgets what was allocated. */
  reset(): void {
    this.next = this.base;
  }

  /** Address of so many bytes, aligned to 16, that are the caller's until `reset`. */
  allocate(bytes: number): number {
    const address = this.next;
    this.next = address + Math.ceil(bytes / 16) * 16;
    const missing = this.next - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / 65536));
    return address;
  }

  /** Allocated memory; a view of it is good until the next allocation. */
  bytes(address: number, length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, address, length);
  }

  /** The same of float32 values. */
  floats(address: number, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, address, length);
  }

  /** Allocates a copy of the values, with room for `slack` bytes behind it. */
  copy(values: Uint8Array | Uint16Array | Int16Array | Int32Array | Float32Array, slack = 0): number {
    const address = this.allocate(values.byteLength + slack);
    this.bytes(address, values.byteLength).set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    return address;
  }
}
