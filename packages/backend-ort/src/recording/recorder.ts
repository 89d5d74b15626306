import type { KernelAttrs } from '../fallback/cpu-fallback.ts';
import type { Memory } from '../memory/memory.ts';
import type { Storage } from '../memory/storage.ts';
import { FlushRule } from './flush-rule.ts';
import { Signatures } from './signatures.ts';
import { type Call, Value } from './value.ts';

interface RecorderParts {
  memory: Memory;
  /** Computes values. */
  run(wanted: readonly Value[]): void;
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
  readonly #rule = new FlushRule();
  #nextCall = 0;
  #flushScheduled = false;

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

  /** Sees to it that the call of `signature`, whose tensors exist now, runs at the latest when its caller awaits. */
  afterCall(signature: number): void {
    const { memory, maxHeldBytes } = this.#parts;
    if (this.#rule.afterCall(signature) || memory.heldBytes > maxHeldBytes) {
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

  /** Runs everything that was recorded and that a live tensor stands for. */
  flush(): void {
    const { memory } = this.#parts;
    this.#rule.reset();
    if (this.#pending.size > 0) {
      const wanted = [...this.#pending];
      this.#pending.clear();
      try {
        this.#run(wanted);
      } catch (error) {
        // The tensors stay what they were recorded as, and what they were to be computed from stays where it is.
        for (const value of wanted) this.#failed.add(value);
        memory.dropHeld();
        throw error;
      }
    }
    if (this.#failed.size === 0) memory.freeHeld();
    else memory.dropHeld();
  }

  /** The value's last tensor is gone. */
  release(value: Value): void {
    this.#pending.delete(value);
    this.#failed.delete(value);
    if (!value.storage) return;
    // Recorded calls of live tensors may read it still.
    this.#parts.memory.disown(value.storage, { mayBeRead: this.#pending.size + this.#failed.size > 0 });
  }

  #run(wanted: readonly Value[]): void {
    this.#parts.run(wanted);
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
