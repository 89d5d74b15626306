import { type DataType, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { ZooError } from '@zoo/core';
import { relaxed, simd } from './binary.ts';
import type { WasmEngine } from './engine.ts';
import { guardHeap } from './heap.ts';

/** Entry points of the compiled C files in `native/`; numbers are addresses, sizes and strides. */
export interface NativeExports {
  sgemm(
    a: number,
    ars: number,
    acs: number,
    b: number,
    brs: number,
    bcs: number,
    c: number,
    m: number,
    n: number,
    k: number,
    workspace: number,
  ): void;
  igemm(
    a: number,
    ars: number,
    acs: number,
    b: number,
    brs: number,
    bcs: number,
    c: number,
    m: number,
    n: number,
    k: number,
  ): void;
  conv_gemm(conv: number, x: number, filter: number, out: number): void;
  conv_filter_gemm(conv: number, x: number, dy: number, dw: number): void;
  conv_input_gemm(conv: number, dy: number, filter: number, dx: number): void;
  conv_planar(conv: number, x: number, filter: number, out: number): void;
  conv_filter_planar(conv: number, x: number, dy: number, dw: number): void;
  conv3d_input(shape: number, dy: number, filter: number, dx: number): void;
  conv3d_filter(shape: number, x: number, dy: number, dw: number): void;
  depthwise(shape: number, x: number, filter: number, out: number): void;
  depthwise_input(shape: number, dy: number, filter: number, dx: number): void;
  depthwise_filter(shape: number, x: number, dy: number, dw: number, scratch: number): void;
  avg_pool(pool: number, x: number, out: number): void;
  max_pool(shape: number, x: number, out: number): void;
  max_pool_grad(shape: number, x: number, dy: number, dx: number): void;
  avg_pool_grad(shape: number, whole: number, dy: number, dx: number): void;
  gather(
    x: number,
    ids: number,
    batch: number,
    outer: number,
    dim: number,
    count: number,
    bytes: number,
    out: number,
  ): void;
  resize_grad(shape: number, dy: number, dx: number): void;
  maximum(a: number, b: number, n: number, out: number): void;
  minimum(a: number, b: number, n: number, out: number): void;
  clip(x: number, n: number, low: number, high: number, out: number): void;
  sum_middle(x: number, outer: number, rows: number, cols: number, scale: number, out: number): void;
  segment_sum(x: number, ids: number, n: number, cols: number, segments: number, out: number): void;
  segment_sum_int(x: number, ids: number, n: number, cols: number, segments: number, out: number): void;
  bias_activation(x: number, rows: number, cols: number, bias: number, kind: number, alpha: number, out: number): void;
}

/** Which build of the kernels runs: fused multiply-add needs relaxed SIMD (Node 22, Chrome 114). */
export type SimdVariant = 'baseline' | 'relaxed';

const stackBytes = 64 * 1024;
// sizeof(Workspace) in native/kernels.h, rounded up.
const workspaceBytes = 4 * (96 * 256 + 256 * 256 + 7 * 256 + 96 + 3 * 256) + 256;

/** A block of tfjs's heap that grows to the largest request and is kept. */
class Arena {
  private address = 0;
  private size = 0;
  private readonly engine: WasmEngine;

  constructor(engine: WasmEngine) {
    this.engine = engine;
  }

  /** At least `bytes` bytes, 16-byte aligned, valid until the next call. */
  reserve(bytes: number): number {
    if (bytes > this.size) {
      if (this.address) this.engine.wasm._free(this.address);
      this.size = 0;
      this.address = this.engine.wasm._malloc(bytes);
      this.size = bytes;
    }
    return this.address;
  }
}

/** Our kernels beside one tfjs backend, on its memory. */
export class Native {
  readonly kernels: NativeExports;
  /** Address of the matrix product's packing buffers. */
  readonly workspace: number;
  private readonly engine: WasmEngine;
  private readonly memory: WebAssembly.Memory;
  private readonly parameters: Arena;
  private readonly temporary: Arena;

  constructor(engine: WasmEngine, memory: WebAssembly.Memory, instance: WebAssembly.Instance) {
    this.engine = engine;
    this.memory = memory;
    this.kernels = instance.exports as unknown as NativeExports;
    this.parameters = new Arena(engine);
    this.temporary = new Arena(engine);
    this.workspace = engine.wasm._malloc(workspaceBytes);
    new Uint8Array(memory.buffer, this.workspace, workspaceBytes).fill(0);
    // The stack grows down from the end of a block of its own.
    const stack = instance.exports.__stack_pointer as WebAssembly.Global;
    stack.value = (engine.wasm._malloc(stackBytes) + stackBytes) & ~15;
  }

  /** Address of a tensor's first element. */
  address(tensor: TensorInfo): number {
    return this.engine.dataIdMap.get(tensor.dataId).memoryOffset ?? 0;
  }

  /** A fresh tensor with unset elements. */
  output(shape: readonly number[], dtype: DataType = 'float32'): TensorInfo {
    return this.engine.makeOutput([...shape], dtype);
  }

  /** A fresh tensor of zeros. */
  zeros(shape: readonly number[], dtype: DataType = 'float32'): TensorInfo {
    const out = this.output(shape, dtype);
    this.view(out).fill(0);
    return out;
  }

  /** The elements of a numeric tensor where they lie; valid until the heap next grows. */
  view(tensor: TensorInfo): Float32Array | Int32Array | Uint8Array {
    const size = util.sizeFromShape(tensor.shape);
    const address = this.address(tensor);
    if (tensor.dtype === 'float32') return new Float32Array(this.memory.buffer, address, size);
    if (tensor.dtype === 'int32') return new Int32Array(this.memory.buffer, address, size);
    return new Uint8Array(this.memory.buffer, address, size);
  }

  /** Writes a C struct of 32-bit fields; its address is valid until the next call. */
  struct(fields: readonly number[]): number {
    const address = this.parameters.reserve(fields.length * 4);
    new Int32Array(this.memory.buffer, address, fields.length).set(fields);
    return address;
  }

  /** Address that the next `struct` of `length` fields will have, for pointers into itself. */
  structAddress(length: number): number {
    return this.parameters.reserve(length * 4);
  }

  /** Temporary memory of `floats` elements, valid until the next call. */
  scratch(floats: number): number {
    return this.temporary.reserve(floats * 4);
  }
}

const decode = (base64: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

/** The variants that this JavaScript engine can run, best first; empty without WebAssembly SIMD. */
export function supportedVariants(): SimdVariant[] {
  if (typeof WebAssembly === 'undefined') return [];
  const variants: SimdVariant[] = [];
  if (WebAssembly.validate(decode(relaxed))) variants.push('relaxed');
  if (WebAssembly.validate(decode(simd))) variants.push('baseline');
  return variants;
}

const compiled = new Map<SimdVariant, Promise<WebAssembly.Module>>();
const natives = new WeakMap<WasmEngine, Native>();

/** Instantiates the kernels on the memory of `engine`; does nothing where that was done. */
export async function attachNative(engine: WasmEngine, variant: SimdVariant): Promise<void> {
  if (natives.has(engine)) return;
  let module = compiled.get(variant);
  if (!module) {
    module = WebAssembly.compile(decode(variant === 'relaxed' ? relaxed : simd));
    compiled.set(variant, module);
  }
  const memory = Object.values(engine.wasm.asm).find((value) => value instanceof WebAssembly.Memory);
  if (!memory) {
    throw new ZooError(
      'BACKEND_FAILED',
      'The WebAssembly memory of @tensorflow/tfjs-backend-wasm was not found; install version 4.22.0.',
    );
  }
  const instance = await WebAssembly.instantiate(await module, { env: { memory } });
  if (natives.has(engine)) return;
  guardHeap(engine);
  natives.set(engine, new Native(engine, memory, instance));
}

/** The kernels attached to `engine`. */
export function nativeOf(engine: WasmEngine): Native {
  const native = natives.get(engine);
  if (!native) {
    throw new ZooError(
      'BACKEND_UNAVAILABLE',
      "The 'wasm' backend was not set up by this package. Call `await wasmBackend().init()` instead of tf.setBackend('wasm').",
    );
  }
  return native;
}
