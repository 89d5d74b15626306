import {
  type BackendValues,
  type DataId,
  DataStorage,
  type DataType,
  engine,
  KernelBackend,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core';
import { CpuFallback, type KernelAttrs, type KernelInputs } from './fallback/cpu-fallback.ts';
import { hostKernels } from './fallback/host-kernels.ts';
import { BufferPool } from './memory/buffer-pool.ts';
import { arrayOver, bytesOf, Storage, type TensorData } from './memory/storage.ts';
import type { Native, NativeTensor } from './native.ts';
import { FlushRule } from './recording/flush-rule.ts';
import { isElement, Signatures } from './recording/signatures.ts';
import { leafName, outputName, type Trace, traceOf } from './recording/trace.ts';
import { type Call, Value } from './recording/value.ts';
import { CompiledTrace } from './sessions/compiled-trace.ts';
import type { SessionOptions } from './sessions/session.ts';
import { SessionCache } from './sessions/session-cache.ts';

export interface OrtBackendOptions extends SessionOptions {
  /** Compiled graphs to keep. */
  maxSessions: number;
  /** Bytes that compiled graphs may hold, roughly. */
  maxSessionBytes: number;
  /** Bytes of buffers to keep for results to come. */
  maxPooledBytes: number;
  /** Bytes of disposed tensors that recorded calls may keep alive before they run. */
  maxHeldBytes: number;
}

/** What a tensor's data id stands for: a value, or something that only the cpu kernels know, such as strings. */
interface Entry {
  refs: number;
  value?: Value;
  foreign?: TensorInfo;
}

/** Inputs of some kernels are lists of tensors. */
type Nested = TensorInfo | undefined | Nested[];

/** Kernels that give a list, also of one. */
const listKernels = new Set(['SplitV', 'Unpack', 'TopK']);

/** Counts of what the backend did, for reports and tests. */
export interface OrtStatistics {
  runs: number;
  cacheHits: number;
  cacheMisses: number;
  compileMs: number;
  /** Runs with weights as constants. */
  bakedRuns: number;
  sessions: number;
  pooledBytes: number;
  /** Kernels that ran on plain JavaScript, with how often. */
  fallbacks: ReadonlyMap<string, number>;
}

/**
 * A tfjs backend that computes nothing when a kernel is called: it records the call. Reading a tensor compiles what was
 * recorded into one ONNX Runtime session, or finds the session of an earlier recording of equal structure, and runs it.
 */
export class OrtBackend extends KernelBackend {
  readonly #native: Native;
  readonly #options: OrtBackendOptions;
  readonly #entries: DataStorage<Entry>;
  readonly #signatures = new Signatures();
  readonly #sessions: SessionCache;
  readonly #pool: BufferPool;
  readonly #fallback = new CpuFallback();
  /** Values of live tensors that are not computed yet. */
  readonly #pending = new Set<Value>();
  /** Values of live tensors whose run failed; reading one tries again, without the others. */
  readonly #failed = new Set<Value>();
  /** Buffers without owner that recorded calls may still read. */
  #held: ArrayBuffer[] = [];
  #heldBytes = 0;
  readonly #rule = new FlushRule();
  #nextCall = 0;
  /** Whether weights that stay the same may become constants of a graph, which changes the last bits of results. */
  bakesWeights = true;
  #flushScheduled = false;
  #runs = 0;
  #compileMs = 0;
  #bakedRuns = 0;

  constructor(native: Native, options: OrtBackendOptions) {
    super();
    this.#native = native;
    this.#options = options;
    this.#sessions = new SessionCache({ maxEntries: options.maxSessions, maxBytes: options.maxSessionBytes });
    this.#pool = new BufferPool(options.maxPooledBytes);
    this.#entries = new DataStorage(this, engine());
  }

  statistics(): OrtStatistics {
    return {
      runs: this.#runs,
      cacheHits: this.#sessions.hits,
      cacheMisses: this.#sessions.misses,
      compileMs: this.#compileMs,
      bakedRuns: this.#bakedRuns,
      sessions: this.#sessions.size,
      pooledBytes: this.#pool.bytes,
      fallbacks: this.#fallback.calls,
    };
  }

  // Data

  override write(values: BackendValues, shape: number[], dtype: DataType): DataId {
    const dataId = {};
    this.move(dataId, values, shape, dtype, 1);
    return dataId;
  }

  override move(dataId: DataId, values: BackendValues, shape: number[], dtype: DataType, refCount: number): void {
    if (!isElement(dtype)) {
      this.#entries.set(dataId, { refs: refCount, foreign: this.#fallback.write(values, shape, dtype) });
      return;
    }
    // A copy, since the caller may write into its array before the recorded calls run.
    const numbers = values as TensorData;
    const data = arrayOver(dtype, this.#pool.take(bytesOf(dtype, numbers.length)));
    data.set(numbers);
    this.#entries.set(dataId, { refs: refCount, value: this.#inMemory(data, dtype, shape) });
  }

  override async read(dataId: DataId): Promise<BackendValues> {
    return this.readSync(dataId);
  }

  override readSync(dataId: DataId): BackendValues {
    const { value, foreign } = this.#entries.get(dataId);
    if (!value) return this.#fallback.read(foreign!);
    return this.#storageOf(value).data.slice();
  }

  /** The content of a value, computed now if it is not there. */
  #storageOf(value: Value): Storage {
    if (value.storage) return value.storage;
    try {
      this.flush();
    } catch (error) {
      // What failed may be another tensor's; this one gets a run of its own.
      if (this.#failed.size === 1) throw error;
    }
    if (!value.storage) this.#runFor([value]);
    return value.storage!;
  }

  override disposeData(dataId: DataId, force = false): boolean {
    if (!this.#entries.has(dataId)) return true;
    const entry = this.#entries.get(dataId);
    entry.refs--;
    if (!force && entry.refs > 0) return false;
    if (entry.foreign) this.#fallback.dispose(entry.foreign);
    if (entry.value) this.#release(entry.value);
    this.#entries.delete(dataId);
    return true;
  }

  override refCount(dataId: DataId): number {
    return this.#entries.has(dataId) ? this.#entries.get(dataId).refs : 0;
  }

  override incRef(dataId: DataId): void {
    this.#entries.get(dataId).refs++;
  }

  override numDataIds(): number {
    return this.#entries.numDataIds();
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
    this.#sessions.clear();
    this.#pool.clear();
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
      const { value } = this.#entries.get(info.dataId);
      if (!value) return this.#runOnCpu(kernelName, inputs, attrs);
      names.push(name);
      values.push(this.#viewAs(value, info.shape));
    }
    const shared = this.#sharing(kernelName, inputs, attrs);
    if (shared) return shared;
    const made = hostKernels[kernelName]?.({ values, attrs });
    if (made) return this.#tensorOf(this.#owned(made.data, made.type, made.shape, made.base));
    const { id, results } = this.#signatures.of(kernelName, { names, values }, attrs);
    if (!results) return this.#runOnCpu(kernelName, inputs, attrs);
    const call: Call = { id: this.#nextCall++, kernelName, signature: id, inputNames: names, inputs: values, attrs };
    const infos = results.map(({ type, shape }, result) => {
      const value = new Value(type, shape, { call, result });
      this.#pending.add(value);
      return this.#tensorOf(value);
    });
    this.#onRecorded(id);
    return listKernels.has(kernelName) ? infos : infos[0]!;
  }

  /** Kernels whose result is the input's data under another shape. */
  #sharing(kernelName: string, inputs: KernelInputs, attrs: KernelAttrs): TensorInfo | undefined {
    const isCast = kernelName === 'Cast' && attrs['dtype'] === inputs['x']!.dtype;
    if (!isCast && kernelName !== 'Identity' && kernelName !== 'Reshape' && kernelName !== 'ExpandDims')
      return undefined;
    const x = (inputs['x'] ?? inputs['input'])!;
    const size = util.sizeFromShape(x.shape);
    let { shape } = x;
    if (kernelName === 'Reshape') shape = util.inferFromImplicitShape(attrs['shape'] as number[], size);
    if (kernelName === 'ExpandDims') {
      const dim = attrs['dim'] as number;
      util.assert(
        -(shape.length + 1) <= dim && dim <= shape.length,
        () => `Axis must be in the interval [${-(shape.length + 1)}, ${shape.length}]`,
      );
      const at = dim < 0 ? shape.length + 1 + dim : dim;
      shape = [...shape.slice(0, at), 1, ...shape.slice(at)];
    }
    util.assert(
      util.sizeFromShape(shape) === size,
      () =>
        `new shape: ${shape}, old shape: ${x.shape}. New shape and old shape must have the same number of elements.`,
    );
    this.incRef(x.dataId);
    return { dataId: x.dataId, shape, dtype: x.dtype };
  }

  #viewAs(value: Value, shape: readonly number[]): Value {
    if (value.shape.length === shape.length && value.shape.every((size, i) => size === shape[i])) return value;
    const key = shape.join();
    const known = value.views?.get(key);
    if (known) return known;
    const view = value.storage
      ? new Value(value.type, shape, { storage: value.storage })
      : new Value(value.type, shape, { call: this.#reshapeCall(value, shape), result: 0 });
    value.views ??= new Map();
    value.views.set(key, view);
    return view;
  }

  #reshapeCall(value: Value, shape: readonly number[]): Call {
    const attrs = { shape: [...shape] };
    const { id } = this.#signatures.of('Reshape', { names: ['x'], values: [value] }, attrs);
    return {
      id: this.#nextCall++,
      kernelName: 'Reshape',
      signature: id,
      inputNames: ['x'],
      inputs: [value],
      attrs,
    };
  }

  #runOnCpu(kernelName: string, inputs: KernelInputs, attrs: KernelAttrs): TensorInfo[] | TensorInfo {
    const own: TensorInfo[] = [];
    const toCpu = (given: Nested): Nested => {
      if (!given) return given;
      if (Array.isArray(given)) return given.map(toCpu);
      const info = given as TensorInfo;
      const { value, foreign } = this.#entries.get(info.dataId);
      if (!value) return { ...foreign!, shape: info.shape };
      const storage = this.#storageOf(value);
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
    if (!isElement(dtype)) {
      const dataId = {};
      this.#entries.set(dataId, { refs: 1, foreign: info });
      return { dataId, shape, dtype };
    }
    const dataId = this.write(this.#fallback.read(info), shape, dtype);
    this.#fallback.dispose(info);
    return { dataId, shape, dtype };
  }

  // Running

  /** Runs everything that was recorded and that a live tensor stands for. */
  flush(): void {
    this.#rule.reset();
    if (this.#pending.size > 0) {
      const wanted = [...this.#pending];
      this.#pending.clear();
      try {
        this.#runFor(wanted);
      } catch (error) {
        // The tensors stay what they were recorded as, and what they were to be computed from stays where it is.
        for (const value of wanted) this.#failed.add(value);
        this.#held = [];
        throw error;
      }
    }
    this.#heldBytes = 0;
    if (this.#failed.size === 0) for (const buffer of this.#held) this.#pool.give(buffer);
    this.#held = [];
  }

  #runFor(wanted: readonly Value[]): void {
    const trace = traceOf(wanted);
    const compiled = this.#sessions.get(trace.key, () => this.#compile(trace));
    const { session, baked } = compiled.choose(trace, () => this.#weights());
    const feeds: Record<string, NativeTensor> = {};
    for (const [i, { storage, shape, type }] of trace.leaves.entries()) {
      if (!baked.has(i)) feeds[leafName(i)] = this.#wrap(storage!, type, shape);
    }
    const fetches: Record<string, NativeTensor> = {};
    const storages = wanted.map(({ type, shape }, i) => {
      const storage = new Storage(arrayOver(type, this.#pool.take(bytesOf(type, util.sizeFromShape([...shape])))));
      fetches[outputName(i)] = this.#wrap(storage, type, shape);
      return storage;
    });
    const start = performance.now();
    session.run(feeds, fetches);
    compiled.ran(session, performance.now() - start);
    this.#runs++;
    if (baked.size > 0) this.#bakedRuns++;
    for (const [i, value] of wanted.entries()) {
      value.storage = storages[i];
      storages[i]!.owners++;
      value.call = undefined;
      value.views = undefined;
      this.#failed.delete(value);
    }
  }

  #compile(trace: Trace): CompiledTrace {
    const compiled = new CompiledTrace(this.#native, trace, this.#options);
    this.#compileMs += compiled.plain.compileMs;
    return compiled;
  }

  /** What may become constants of a graph: the contents of variables. Inputs are none, even where they stay the same. */
  #weights(): ReadonlySet<Storage> {
    const storages = new Set<Storage>();
    if (!this.bakesWeights) return storages;
    for (const { dataId } of Object.values(engine().registeredVariables)) {
      const storage = this.#entries.has(dataId) ? this.#entries.get(dataId).value?.storage : undefined;
      if (storage) storages.add(storage);
    }
    return storages;
  }

  #wrap(storage: Storage, type: string, shape: readonly number[]): NativeTensor {
    const key = shape.join();
    let tensor = storage.tensors.get(key);
    if (!tensor) {
      tensor = new this.#native.Tensor(type, storage.data, shape);
      storage.tensors.set(key, tensor);
    }
    return tensor;
  }

  #onRecorded(signature: number): void {
    if (this.#rule.afterCall(signature) || this.#heldBytes > this.#options.maxHeldBytes) {
      this.flush();
      return;
    }
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    // When the synchronous code that records has ended, a step has: running then keeps graphs of equal steps equal.
    queueMicrotask(() => {
      this.#flushScheduled = false;
      try {
        this.flush();
      } catch {
        // Whoever reads one of these tensors gets the error.
      }
    });
  }

  // Ownership

  #inMemory(data: TensorData, type: Value['type'], shape: readonly number[]): Value {
    return this.#owned(data, type, shape);
  }

  #owned(data: TensorData, type: Value['type'], shape: readonly number[], base?: Storage): Value {
    const storage = new Storage(data, base);
    storage.owners++;
    return new Value(type, shape, { storage });
  }

  #tensorOf(value: Value): TensorInfo {
    const dataId = {};
    this.#entries.set(dataId, { refs: 1, value });
    return { dataId, shape: [...value.shape], dtype: value.type };
  }

  #release(value: Value): void {
    this.#pending.delete(value);
    this.#failed.delete(value);
    if (value.storage) this.#disown(value.storage);
  }

  #disown(storage: Storage): void {
    storage.owners--;
    if (storage.owners > 0) return;
    if (storage.base) {
      this.#disown(storage.base);
      return;
    }
    const buffer = storage.data.buffer as ArrayBuffer;
    // Recorded calls of live tensors may read it still.
    if (this.#pending.size + this.#failed.size === 0) this.#pool.give(buffer);
    else {
      this.#held.push(buffer);
      this.#heldBytes += buffer.byteLength;
    }
  }
}
