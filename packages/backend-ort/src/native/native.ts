import type { OnnxTensor } from '@zoo/onnx';
import type { PreparedRun, RunThread } from './run-thread.ts';

export type NativeData = Float32Array | Int32Array | BigInt64Array | Uint8Array;

/** A tensor that shares its memory with `data`. Its type is one of ONNX Runtime's names, such as `float32` or `bool`. */
export interface NativeTensor {
  readonly data: NativeData;
  readonly dims: readonly number[];
  readonly type: string;
}

export interface NativeGraph {
  /** A serialized model; it is not needed any more once it is compiled. */
  model: Uint8Array;
  /** Constants that the model names without having them, where `sharesConstants`. */
  constants?: ReadonlyMap<string, OnnxTensor>;
  inputs: readonly string[];
  outputs: readonly string[];
}

export type Optimization = 'basic' | 'all';

export interface NativeOptions {
  providers: readonly string[];
  /** 0: one per physical core. */
  threads: number;
  /** Whether memory of intermediate results is kept from run to run. */
  arena: boolean;
  /** What the runtime's optimizer does: `basic` leaves out what takes long in large graphs and finds nothing in ours for training. */
  optimization: Optimization;
}

/** A compiled graph. */
export interface NativeSession {
  /** Computes, and writes the results into the memory of `outputs`. Tensors come in the order of the graph's names. */
  run(inputs: readonly NativeTensor[], outputs: readonly NativeTensor[]): void;
  /** The same for a thread of `startThread`. */
  prepare?(inputs: readonly NativeTensor[], outputs: readonly NativeTensor[]): PreparedRun;
  dispose(): void;
}

/** ONNX Runtime, by one of the ways to call it. Errors are its own texts. */
export interface Native {
  /** What was found, for people. */
  readonly label: string;
  readonly Tensor: new (type: string, data: NativeData, dims: readonly number[]) => NativeTensor;
  compile(graph: NativeGraph, options: NativeOptions): NativeSession;
  /** Whether constants may lie outside of models. They must stay what they are as long as the session runs. */
  readonly sharesConstants: boolean;
  /** Where runs need not block the main thread. */
  startThread?(): Promise<RunThread>;
}
