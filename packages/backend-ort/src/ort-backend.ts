import {
  type BackendValues,
  type DataId,
  type DataType,
  KernelBackend,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { CapturedCalls, CapturingBackend } from '@zoo/core';
import { Captures } from './captures.ts';
import { CpuFallback, type KernelAttrs, type KernelInputs } from './fallback/cpu-fallback.ts';
import { hostKernels } from './fallback/host-kernels.ts';
import { Memory } from './memory/memory.ts';
import { Storage, type TensorData } from './memory/storage.ts';
import { type Content, TensorStore } from './memory/tensor-store.ts';
import type { Native } from './native/native.ts';
import type { OrtBackendOptions } from './options.ts';
import { Recorder } from './recording/recorder.ts';
import { sharedShape } from './recording/shared-shape.ts';
import { isElement } from './recording/signatures.ts';
import { Value } from './recording/value.ts';
import { Runner } from './sessions/runner.ts';
import type { OrtStatistics } from './statistics.ts';

/** Inputs of some kernels are lists of tensors. */
type Nested = TensorInfo | undefined | Nested[];

/** Kernels that give a list, also of one. */
const listKernels = new Set(['SplitV', 'Unpack', 'TopK', 'BatchNormTraining', 'BatchNormTrainingGrad']);

function inMemory(data: TensorData, type: Value['type'], shape: readonly number[], base?: Storage): Value {
  const storage = new Storage(data, base);
  storage.owners++;
  return new Value(type, shape, { storage });
}

/**
 * A tfjs backend that computes nothing when a kernel is called: it records the call. Reading a tensor compiles what was
 * recorded into one ONNX Runtime session, or finds the session of an earlier recording of equal structure, and runs it.
 */
export class OrtBackend extends KernelBackend implements CapturingBackend {
  readonly #tensors: TensorStore;
  readonly #memory: Memory;
  readonly #runner: Runner;
  readonly #recorder: Recorder;
  readonly #captures: Captures;
  readonly #fallback = new CpuFallback();
  /** Whether weights that stay the same may become constants of a graph, which changes the last bits of results. */
  bakesWeights = true;

  constructor(native: Native, options: OrtBackendOptions) {
    super();
    this.#memory = new Memory(options);
    // What may become constants: the contents of variables. Inputs are none, even where they stay the same.
    const weights = () => (this.bakesWeights ? () => this.#tensors.variables() : undefined);
    this.#runner = new Runner({ native, memory: this.#memory, options, weights });
    const { maxHeldBytes } = options;
    this.#recorder = new Recorder({ memory: this.#memory, runner: this.#runner, maxHeldBytes });
    this.#tensors = new TensorStore(this);
    this.#captures = new Captures(this, this.#tensors, this.#recorder);
  }

  statistics(): OrtStatistics {
    return {
      ...this.#runner.statistics(),
      pooledBytes: this.#memory.pooledBytes,
      fallbacks: this.#fallback.calls,
    };
  }

  // Data

  override write(values: BackendValues, shape: number[], dtype: DataType): DataId {
    return this.#tensors.add(this.#contentOf(values, shape, dtype));
  }

  override move(dataId: DataId, values: BackendValues, shape: number[], dtype: DataType, refCount: number): void {
    this.#recorder.capture?.spoil();
    this.#tensors.addMoved(dataId, this.#contentOf(values, shape, dtype), refCount);
  }

  #contentOf(values: BackendValues, shape: number[], dtype: DataType): Content {
    if (!isElement(dtype)) return { foreign: this.#fallback.write(values, shape, dtype) };
    // A copy, since the caller may write into its array before the recorded calls run.
    const numbers = values as TensorData;
    const data = this.#memory.allocate(dtype, numbers.length);
    data.set(numbers);
    return { value: this.#written(inMemory(data, dtype, shape)) };
  }

  #written(value: Value): Value {
    this.#recorder.capture?.wrote(value.storage!);
    return value;
  }

  override async read(dataId: DataId): Promise<BackendValues> {
    const { value } = this.#tensors.get(dataId);
    this.#recorder.capture?.spoil();
    return value ? this.#recorder.read(value) : this.readSync(dataId);
  }

  override readSync(dataId: DataId): BackendValues {
    this.#recorder.capture?.spoil();
    const { value, foreign } = this.#tensors.get(dataId);
    if (!value) return this.#fallback.read(foreign!);
    return this.#recorder.storageOf(value).data.slice();
  }

  override disposeData(dataId: DataId, force = false): boolean {
    const entry = this.#tensors.find(dataId);
    if (!entry) return true;
    entry.refs--;
    if (!force && entry.refs > 0) return false;
    const { foreign, value } = entry;
    this.#tensors.delete(dataId);
    if (foreign) this.#fallback.dispose(foreign);
    if (value) this.#recorder.release(value);
    return true;
  }

  override refCount(dataId: DataId): number {
    return this.#tensors.find(dataId)?.refs ?? 0;
  }

  override incRef(dataId: DataId): void {
    this.#tensors.get(dataId).refs++;
  }

  override numDataIds(): number {
    return this.#tensors.count;
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: false };
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override timerAvailable(): boolean {
    return true;
  }

  override async time(f: () => void): Promise<{ kernelMs: number }> {
    this.flush();
    const start = performance.now();
    f();
    this.flush();
    return { kernelMs: performance.now() - start };
  }

  /** Tensors stay readable: those that are alive may be about to move to another engine. */
  override dispose(): void {
    try {
      this.flush();
    } catch {
      // Whoever reads one of these tensors gets the error.
    }
    this.#runner.clear();
    this.#memory.clear();
  }

  /** From now on, what is recorded runs on another thread, unless somebody cannot wait. */
  async runInBackground(): Promise<void> {
    await this.#runner.startThread();
  }

  /** Runs everything that was recorded and that a live tensor stands for. */
  flush(): void {
    this.#recorder.flush();
  }

  // Kernels

  /** Records a kernel call, or runs it on plain JavaScript where it cannot be recorded. */
  run(kernelName: string, inputs: KernelInputs, attrs: KernelAttrs): TensorInfo | TensorInfo[] {
    const names: string[] = [];
    const values: Value[] = [];
    for (const name in inputs) {
      const info = inputs[name];
      if (!info) continue;
      if (Array.isArray(info)) return this.#runOnCpu(kernelName, inputs, attrs);
      const { value } = this.#tensors.get(info.dataId);
      if (!value) return this.#runOnCpu(kernelName, inputs, attrs);
      // Whether rows are a view must not depend on how far a run has come.
      if (kernelName === 'Slice') this.#recorder.settle(value);
      names.push(name);
      values.push(this.#recorder.viewAs(value, info.shape));
    }
    const shared = sharedShape(kernelName, inputs, attrs);
    if (shared) {
      const { dataId, dtype } = (inputs['x'] ?? inputs['input'])!;
      this.incRef(dataId);
      return { dataId, shape: shared, dtype };
    }
    const made = hostKernels[kernelName]?.({ values, attrs });
    if (made) return this.#tensorOf(this.#written(inMemory(made.data, made.type, made.shape, made.base)));
    const recorded = this.#recorder.record(kernelName, { names, values }, attrs);
    if (!recorded) return this.#runOnCpu(kernelName, inputs, attrs);
    const infos = recorded.values.map((value) => this.#tensorOf(value));
    this.#recorder.afterCall(recorded.signature);
    return listKernels.has(kernelName) ? infos : infos[0]!;
  }

  capture<T>(inputs: readonly Tensor[], compute: () => T): { output: T; captured?: CapturedCalls } {
    return this.#captures.capture(inputs, compute);
  }

  #runOnCpu(kernelName: string, inputs: KernelInputs, attrs: KernelAttrs): TensorInfo[] | TensorInfo {
    this.#recorder.capture?.spoil();
    const own: TensorInfo[] = [];
    const toCpu = (given: Nested): Nested => {
      if (!given) return given;
      if (Array.isArray(given)) return given.map(toCpu);
      const info = given as TensorInfo;
      const { value, foreign } = this.#tensors.get(info.dataId);
      if (!value) return { ...foreign!, shape: info.shape };
      const storage = this.#recorder.storageOf(value);
      // A copy: complex tensors keep what they are made of, while this memory may be used again.
      const written = this.#fallback.write(storage.data.slice(), info.shape, info.dtype);
      own.push(written);
      return written;
    };
    const given = Array.isArray(inputs)
      ? inputs.map(toCpu)
      : Object.fromEntries(Object.entries(inputs).map(([name, info]) => [name, toCpu(info)]));
    const results = this.#fallback.run(kernelName, given as KernelInputs, attrs);
    const infos = Array.isArray(results) ? results.map((result) => this.#fromCpu(result)) : this.#fromCpu(results);
    for (const info of own) this.#fallback.dispose(info);
    return infos;
  }

  #fromCpu(info: TensorInfo): TensorInfo {
    const { shape, dtype } = info;
    if (!isElement(dtype)) return { dataId: this.#tensors.add({ foreign: info }), shape, dtype };
    const dataId = this.write(this.#fallback.read(info), shape, dtype);
    this.#fallback.dispose(info);
    return { dataId, shape, dtype };
  }

  #tensorOf(value: Value): TensorInfo {
    return { dataId: this.#tensors.add({ value }), shape: [...value.shape], dtype: value.type };
  }
}
