import { util } from '@tensorflow/tfjs-core';
import type { Memory } from '../memory/memory.ts';
import { Storage } from '../memory/storage.ts';
import type { Native, NativeTensor } from '../native/native.ts';
import type { OrtBackendOptions } from '../options.ts';
import { type Trace, traceOf } from '../recording/trace.ts';
import type { Value } from '../recording/value.ts';
import { CompiledTrace } from './compiled-trace.ts';
import { SessionCache } from './session-cache.ts';

interface RunnerParts {
  native: Native;
  memory: Memory;
  options: OrtBackendOptions;
  /** What may become constants of a graph. */
  weights(): ReadonlySet<Storage>;
}

/** Computes values: finds or compiles the session of what they need, and runs it. */
export class Runner {
  readonly #parts: RunnerParts;
  readonly #sessions: SessionCache;
  #runs = 0;
  #compileMs = 0;
  #bakedRuns = 0;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
    const { maxSessions, maxSessionBytes } = parts.options;
    this.#sessions = new SessionCache({ maxEntries: maxSessions, maxBytes: maxSessionBytes });
  }

  statistics() {
    const { hits, misses, size } = this.#sessions;
    return {
      runs: this.#runs,
      cacheHits: hits,
      cacheMisses: misses,
      compileMs: this.#compileMs,
      bakedRuns: this.#bakedRuns,
      sessions: size,
    };
  }

  /** One native run, after which the values are in memory. Throws, and changes nothing, where it fails. */
  run(wanted: readonly Value[]): void {
    const { memory, weights } = this.#parts;
    const trace = traceOf(wanted);
    const compiled = this.#sessions.get(trace.key, () => this.#compile(trace));
    const { session, baked } = compiled.choose(trace, weights);
    const feeds = trace.leaves.flatMap(({ storage, shape, type }, i) =>
      baked.has(i) ? [] : [this.#wrap(storage!, type, shape)],
    );
    const storages = wanted.map(
      ({ type, shape }) => new Storage(memory.allocate(type, util.sizeFromShape([...shape]))),
    );
    const fetches = wanted.map(({ type }, i) => this.#wrap(storages[i]!, type, session.outputShapes[i]!));
    const start = performance.now();
    session.run(feeds, fetches);
    compiled.ran(session, performance.now() - start);
    this.#runs++;
    if (baked.size > 0) this.#bakedRuns++;
    for (const [i, value] of wanted.entries()) value.computed(storages[i]!);
  }

  clear(): void {
    this.#sessions.clear();
  }

  #compile(trace: Trace): CompiledTrace {
    const compiled = new CompiledTrace(this.#parts.native, trace, this.#parts.options);
    this.#compileMs += compiled.plain.compileMs;
    return compiled;
  }

  #wrap(storage: Storage, type: string, shape: readonly number[]): NativeTensor {
    const key = shape.join();
    let tensor = storage.tensors.get(key);
    if (!tensor) {
      tensor = new this.#parts.native.Tensor(type, storage.data, shape);
      storage.tensors.set(key, tensor);
    }
    return tensor;
  }
}
