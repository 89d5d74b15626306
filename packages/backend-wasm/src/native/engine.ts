import type { DataType, KernelFunc, NamedAttrMap, Tensor, TensorInfo } from '@tensorflow/tfjs-core';

/** What the kernels use of tfjs's WebAssembly backend. */
export interface WasmEngine {
  readonly wasm: {
    _malloc(bytes: number): number;
    _free(address: number): void;
    readonly asm: Readonly<Record<string, unknown>>;
  };
  readonly dataIdMap: { get(dataId: object): { memoryOffset: number | null } };
  makeOutput(shape: number[], dtype: DataType): TensorInfo;
  incRef(dataId: object): void;
  disposeData(dataId: object): boolean;
}

/** Arguments of a kernel, with its inputs and attributes named. */
export interface KernelCall<Inputs, Attrs> {
  inputs: Inputs;
  attrs: Attrs;
  backend: WasmEngine;
}

/** A kernel that this package adds to tfjs's backend or puts in place of one of its own. */
export interface Kernel {
  name: string;
  /** `stock` is the kernel it replaces, for cases left to it. */
  run: (call: KernelCall<never, never>, stock: KernelFunc | undefined) => TensorInfo | Tensor;
}

/** Calls a kernel by its function, as `runKernel` would, without the tape. */
export function call(kernel: KernelFunc, inputs: object, attrs: object, backend: WasmEngine): TensorInfo {
  const args = { inputs, attrs: attrs as NamedAttrMap, backend };
  return kernel(args as Parameters<KernelFunc>[0]) as TensorInfo;
}
