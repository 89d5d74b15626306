import type { KernelAttrs } from '../fallback/cpu-fallback.ts';
import type { Memory } from '../memory/memory.ts';
import type { Storage, TensorData } from '../memory/storage.ts';
import { Batch } from './batch.ts';
import { Capture } from './capture.ts';
import { FlushRule } from './flush-rule.ts';
import type { Runs } from './runs.ts';
import { Signatures } from './signatures.ts';
import { type Extract, extract, type Subgraph } from './subgraph.ts';
import { type Call, Value } from './value.ts';

/** How many runs may be begun or wait while the program goes on recording. */
const maxAhead = 8;

interface RecorderParts {
  memory: Memory;
  runner: Runs;
  /** Bytes of disposed tensors that recorded calls may keep alive before they run. */
  maxHeldBytes: number;
}

/** Inputs by name, in two lists. */
interface RecordedInputs {
  names: readonly string[];
  values: readonly Value[];
}

/** Holds the calls that have not run, as values of the tensors that are alive, and decides when they run. */
export class Recorder {
  readonly #parts: RecorderParts;
  readonly #signatures = new Signatures();
  /** Values of live tensors that are not computed yet. */
  readonly #pending = new Set<Value>();
  /** Values of live tensors whose run failed; reading one tries again, without the others. */
  readonly #failed = new Set<Value>();
  /** What runs in the background, the first, and what will run after it. */
  readonly #queue: Batch[] = [];
  readonly #rule = new FlushRule();
  #nextCall = 0;
  #flushScheduled = false;
  #capture: Capture | undefined;

  constructor(parts: RecorderParts) {
    this.#parts = parts;
  }

  /** The values that the call will give; undefined where it cannot be recorded. Follow it by `afterCall`. */
  record(
    kernelName: string,
    inputs: RecordedInputs,
    attrs: KernelAttrs,
  ): { values: Value[]; signature: number } | undefined {
    const { id, results } = this.#signatures.of(kernelName, inputs, attrs);
    if (!results) return undefined;
    const call = this.#call(kernelName, { ...inputs, signature: id }, attrs);
    const values = results.map(({ type, shape }, result) => new Value(type, shape, { call, result }));
    for (const value of values) this.#pending.add(value);
    return { values, signature: id };
  }

  /** What is being captured, if anything is. */
  get capture(): Capture | undefined {
    return this.#capture;
  }

  /** Notes what happens inside `compute`; nothing runs meanwhile, unless somebody reads. */
  captured<T>(compute: () => T): { result: T; capture: Capture } {
    const capture = new Capture(this.#nextCall, this.#pending.size);
    this.#capture = capture;
    try {
      return { result: compute(), capture };
    } catch (error) {
      capture.spoil();
      throw error;
    } finally {
      this.#capture = undefined;
      if (capture.isSpoiled) this.afterCalls(capture);
    }
  }

  /** Sees to it that what was captured runs, call by call. */
  afterCalls({ signatures }: Capture): void {
    for (const signature of signatures) this.afterCall(signature);
  }

  /** The calls that lead to `output`, if nothing else of what was captured is alive. */
  extract(output: Value, { start, pending, isSpoiled }: Capture): Extract | undefined {
    const isAlone = this.#pending.has(output) && this.#pending.size === pending + 1;
    const isNew = output.call !== undefined && output.call.id >= start;
    return !isSpoiled && isAlone && isNew ? extract(output, start) : undefined;
  }

  /** From now on `value` is what one call gives, of all that were captured. */
  replaceCalls(value: Value, calls: Extract): Subgraph {
    const subgraph = this.#signatures.subgraph(calls, value);
    value.call = this.#subgraphCall(subgraph, calls.leaves);
    value.result = 0;
    // They come before the call that they would now follow from.
    value.views = undefined;
    return subgraph;
  }

  /** The value that the calls give for other inputs. Follow it by `afterCall`. */
  recordSubgraph(subgraph: Subgraph, inputs: readonly Value[]): Value {
    const { type, shape } = subgraph.output;
    const value = new Value(type, shape, { call: this.#subgraphCall(subgraph, inputs), result: 0 });
    this.#pending.add(value);
    return value;
  }

  #subgraphCall(subgraph: Subgraph, values: readonly Value[]): Call {
    const { signature } = subgraph;
    return { ...this.#call('', { names: [], values, signature }, {}), subgraph };
  }

  /**
   * Sees to it that the call of `signature`, whose tensors exist now, runs at the latest when its caller awaits. One that stands
   * for many has their number as its `weight`.
   */
  afterCall(signature: number, weight = 1): void {
    if (this.#capture) {
      this.#capture.signatures.push(signature);
      return;
    }
    const { memory, maxHeldBytes } = this.#parts;
    if (this.#rule.afterCall(signature, weight) || memory.heldBytes > maxHeldBytes) {
      this.flush();
      return;
    }
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    // When the synchronous code that records has ended, a step has: running then keeps graphs of equal steps equal.
    queueMicrotask(() => {
      this.#flushScheduled = false;
      try {
        if (this.#parts.runner.inBackground) this.#enqueue();
        else this.flush();
      } catch {
        // Whoever reads one of these tensors gets the error.
      }
    });
  }

  /** The same content under another shape. */
  viewAs(value: Value, shape: readonly number[]): Value {
    if (value.shape.length === shape.length && value.shape.every((size, i) => size === shape[i])) return value;
    const key = shape.join();
    const known = value.views?.get(key);
    if (known) return known;
    const view = value.storage
      ? new Value(value.type, shape, { storage: value.storage })
      : new Value(value.type, shape, { call: this.#reshape(value, shape), result: 0 });
    value.views ??= new Map();
    value.views.set(key, view);
    return view;
  }

  /** The content of a value, computed now if it is not there. */
  storageOf(value: Value): Storage {
    this.#capture?.spoil();
    if (value.storage) return value.storage;
    try {
      this.flush();
    } catch (error) {
      // What failed may be another tensor's; this one gets a run of its own.
      if (this.#failed.size === 1) throw error;
    }
    if (!value.storage) this.#run([value]);
    return value.storage!;
  }

  /** A copy of a value's content. Where runs need not block, this does not either. */
  async read(value: Value): Promise<TensorData> {
    if (!value.storage && this.#parts.runner.inBackground) {
      if (this.#pending.has(value)) this.#enqueue();
      const batch = this.#queue.find((queued) => queued.has(value));
      if (batch) {
        try {
          return await batch.read(value);
        } catch (error) {
          if (batch.wanted.length === 1 || batch.released.has(value)) throw error;
        }
      }
    }
    return this.storageOf(value).data.slice();
  }

  /** Waits for a value that runs in the background. */
  settle(value: Value): void {
    if (this.#queue.some((batch) => batch.has(value))) this.#drain();
  }

  /** Runs everything that was recorded and that a live tensor stands for. */
  flush(): void {
    const { memory } = this.#parts;
    this.#capture?.spoil();
    this.#drain();
    this.#rule.reset();
    if (this.#pending.size > 0) {
      const wanted = [...this.#pending];
      this.#pending.clear();
      try {
        this.#run(wanted);
      } catch (error) {
        // The tensors stay what they were recorded as, and what they were to be computed from stays where it is.
        for (const value of wanted) this.#failed.add(value);
        memory.drop(memory.takeHeld());
        throw error;
      }
    }
    this.#free(memory.takeHeld());
  }

  /** The value's last tensor is gone. */
  release(value: Value): void {
    this.#pending.delete(value);
    this.#failed.delete(value);
    if (value.storage) this.#disown(value.storage);
    else this.#queue.find((batch) => batch.has(value))?.release(value);
  }

  #disown(storage: Storage): void {
    // Recorded calls of live tensors may read it still.
    const mayBeRead = this.#pending.size + this.#failed.size + this.#queue.length > 0;
    this.#parts.memory.disown(storage, { mayBeRead });
  }

  /** Nothing that was recorded before reads these buffers, unless it failed. */
  #free(held: readonly ArrayBuffer[]): void {
    const { memory } = this.#parts;
    if (this.#failed.size === 0) memory.free(held);
    else memory.drop(held);
  }

  /** Has everything that was recorded and that a live tensor stands for run in the background. */
  #enqueue(): void {
    this.#capture?.spoil();
    if (this.#pending.size === 0) {
      if (this.#queue.length === 0) this.#free(this.#parts.memory.takeHeld());
      return;
    }
    this.#rule.reset();
    while (this.#queue.length >= maxAhead) this.#parts.runner.wait();
    const batch = new Batch([...this.#pending], this.#parts.memory.takeHeld());
    this.#pending.clear();
    this.#queue.push(batch);
    if (this.#queue.length === 1) this.#begin(batch);
  }

  #begin(batch: Batch): void {
    this.#parts.runner.begin(batch.wanted, (failure) => this.#ended(batch, failure));
  }

  #ended(batch: Batch, failure?: { error: unknown }): void {
    const { memory } = this.#parts;
    this.#queue.shift();
    if (failure) {
      for (const value of batch.wanted) if (!batch.released.has(value)) this.#failed.add(value);
      batch.failed(failure.error);
      // What it was to be computed from stays where it is.
      for (const held of [batch.held, memory.takeHeld()]) memory.drop(held);
    } else {
      batch.succeeded();
      for (const { storage } of batch.released) this.#disown(storage!);
      this.#free(batch.held);
      // What was released since may be read by what was recorded since.
      if (this.#queue.length + this.#pending.size === 0) this.#free(memory.takeHeld());
    }
    const next = this.#queue[0];
    if (next) this.#begin(next);
  }

  #drain(): void {
    while (this.#queue.length > 0) this.#parts.runner.wait();
  }

  #run(wanted: readonly Value[]): void {
    this.#parts.runner.run(wanted);
    for (const value of wanted) this.#failed.delete(value);
  }

  #reshape(value: Value, shape: readonly number[]): Call {
    const attrs = { shape: [...shape] };
    const inputs = { names: ['x'], values: [value] };
    const { id } = this.#signatures.of('Reshape', inputs, attrs);
    return this.#call('Reshape', { ...inputs, signature: id }, attrs);
  }

  #call(kernelName: string, from: RecordedInputs & { signature: number }, attrs: KernelAttrs): Call {
    const { names, values, signature } = from;
    return { id: this.#nextCall++, kernelName, signature, inputNames: names, inputs: values, attrs };
  }
}
