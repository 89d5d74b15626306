import { util } from '@tensorflow/tfjs-core';
import type { Memory } from '../memory/memory.ts';
import { Storage } from '../memory/storage.ts';
import type { Native, NativeTensor } from '../native/native.ts';
import type { RunThread } from '../native/run-thread.ts';
import type { OrtBackendOptions } from '../options.ts';
import { type Trace, traceOf } from '../recording/trace.ts';
import type { Value } from '../recording/value.ts';
import { CompiledTrace, type Weights } from './compiled-trace.ts';
import type { Session } from './session.ts';
import { SessionCache } from './session-cache.ts';

interface RunnerParts {
  native: Native;
  memory: Memory;
  options: OrtBackendOptions;
  /** How to find what may become constants of a graph, at the moment. */
  weights(): Weights;
}

/** A session with the memory that it reads and writes. */
interface PreparedRun {
  session: Session;
  feeds: readonly NativeTensor[];
  fetches: readonly NativeTensor[];
  /** Gives the values their memory, after a run of so many milliseconds. */
  finish(milliseconds: number): void;
}

/** Computes values: finds or compiles the session of what they need, and runs it. */
export class Runner {
  readonly #parts: RunnerParts;
  readonly #sessions: SessionCache;
  #runs = 0;
  #compileMs = 0;
  #bakedRuns = 0;
  #backgroundRuns = 0;
  #thread: RunThread | undefined;

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
      backgroundRuns: this.#backgroundRuns,
      sessions: size,
    };
  }

  /** From now on `begin` uses another thread. */
  async startThread(): Promise<void> {
    this.#thread ??= await this.#parts.native.startThread?.();
  }

  get inBackground(): boolean {
    return this.#thread !== undefined;
  }

  /** One native run, after which the values are in memory. Throws, and changes nothing, where it fails. */
  run(wanted: readonly Value[]): void {
    this.#runNow(this.#prepare(wanted));
  }

  /** The same on another thread; a small graph runs at once, since another thread would be told of it hardly sooner. */
  begin(wanted: readonly Value[], done: (failure?: { error: unknown }) => void): void {
    try {
      const run = this.#prepare(wanted);
      if (this.#thread && !run.session.isSmall) {
        run.session.begin(this.#thread, run, (outcome) => {
          if ('error' in outcome) return done(outcome);
          this.#backgroundRuns++;
          run.finish(outcome.milliseconds);
          done();
        });
        return;
      }
      this.#runNow(run);
    } catch (error) {
      done({ error });
      return;
    }
    done();
  }

  #runNow({ session, feeds, fetches, finish }: PreparedRun): void {
    const start = performance.now();
    session.run(feeds, fetches);
    finish(performance.now() - start);
  }

  /** Blocks until what has begun is done. */
  wait(): void {
    this.#thread?.wait();
  }

  #prepare(wanted: readonly Value[]): PreparedRun {
    const { memory, weights } = this.#parts;
    const trace = traceOf(wanted);
    const compiled = this.#sessions.get(trace.key, () => this.#compile(trace));
    const { session, baked } = compiled.choose(trace, weights());
    const feeds = trace.leaves.flatMap(({ storage, shape, type }, i) =>
      baked.has(i) ? [] : [this.#wrap(storage!, type, shape)],
    );
    const storages = wanted.map(
      ({ type, shape }) => new Storage(memory.allocate(type, util.sizeFromShape([...shape]))),
    );
    const fetches = wanted.map(({ type }, i) => this.#wrap(storages[i]!, type, session.outputShapes[i]!));
    const finish = (milliseconds: number): void => {
      compiled.ran(session, milliseconds);
      this.#runs++;
      if (baked.size > 0) this.#bakedRuns++;
      for (const [i, value] of wanted.entries()) value.computed(storages[i]!);
    };
    return { session, feeds, fetches, finish };
  }

  /** For a time when nothing runs. */
  clear(): void {
    this.#sessions.clear();
    this.#thread?.stop();
    this.#thread = undefined;
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
