import { Worker } from 'node:worker_threads';
import type { CApi, Pointer } from './c-api.ts';
import { koffiPath } from './koffi.ts';

/** Where things are in the memory that both threads see: 8 bytes each. */
const places = { state: 0, status: 1, milliseconds: 2, args: 3 };
const size = 8 * (places.args + 7);
const busy = 1;

/**
 * The thread only ever makes one kind of call, with addresses that it is given. It lives as long as the backend, so that
 * small graphs need not wait for a thread.
 */
const script = `
const { parentPort, workerData } = require('node:worker_threads');
const koffi = require(workerData.koffi);
const { library, memory, places, run } = workerData;
// koffi makes room for the arguments of calls when it first loads a library.
koffi.load(library);
const state = new Int32Array(memory);
const words = new BigUint64Array(memory);
const numbers = new Float64Array(memory);
const pointer = 'void *';
const call = koffi.decode(
  run,
  koffi.proto(pointer, [pointer, pointer, pointer, pointer, 'size_t', pointer, 'size_t', pointer]),
);
parentPort.on('message', (id) => {
  const [session, names, values, count, outputNames, outputCount, outputs] = words.subarray(places.args);
  const start = performance.now();
  words[places.status] = call(session, null, names, values, count, outputNames, outputCount, outputs) ?? 0n;
  numbers[places.milliseconds] = performance.now() - start;
  Atomics.store(state, 0, 0);
  Atomics.notify(state, 0);
  parentPort.postMessage(id);
});
parentPort.postMessage(-1);
`;

/** Arguments of a run but for its options, as addresses and counts; and what to do with the status that it gives. */
export interface PreparedRun {
  readonly args: readonly bigint[];
  /** What lies at the addresses. */
  readonly holds: readonly unknown[];
  /** Frees what the run needed. Throws where the run failed. */
  finish(status: Pointer | null): void;
}

/** How a run went: milliseconds that it took, or what ONNX Runtime says. */
export type Outcome = { milliseconds: number } | { error: unknown };

/** A thread for one run at a time. The main thread goes on meanwhile, or waits where it must. */
export class RunThread {
  readonly #worker: Worker;
  readonly #memory = new SharedArrayBuffer(size);
  readonly #state = new Int32Array(this.#memory);
  readonly #words = new BigUint64Array(this.#memory);
  readonly #numbers = new Float64Array(this.#memory);
  #id = 0;
  #current: { run: PreparedRun; done: (outcome: Outcome) => void } | undefined;

  private constructor(worker: (memory: SharedArrayBuffer) => Worker) {
    this.#worker = worker(this.#memory);
  }

  /** Starts the thread; throws where koffi does not load in it. */
  static async start({ library, runAddress }: CApi): Promise<RunThread> {
    const thread = new RunThread((memory) => {
      const workerData = { koffi: koffiPath(), memory, places, library, run: runAddress };
      return new Worker(script, { eval: true, execArgv: [], workerData, name: 'zoo-ort' });
    });
    const worker = thread.#worker;
    await new Promise<void>((resolve, reject) => {
      worker.once('message', () => resolve());
      worker.once('error', reject);
    });
    worker.on('message', (id: number) => {
      // Somebody may have waited for it already.
      if (id === thread.#id) thread.#settle();
    });
    worker.unref();
    return thread;
  }

  /** Calls `done` when the run has ended, from the event loop or from `wait`. */
  begin(run: PreparedRun, done: (outcome: Outcome) => void): void {
    if (this.#current) throw new Error('The thread runs something already.');
    this.#current = { run, done };
    this.#words.set(run.args, places.args);
    this.#state[0] = busy;
    // A program does not end before its results are there.
    this.#worker.ref();
    this.#worker.postMessage(++this.#id);
  }

  /** Blocks until the run has ended. */
  wait(): void {
    Atomics.wait(this.#state, 0, busy);
    this.#settle();
  }

  /** For a thread that runs nothing. */
  stop(): void {
    void this.#worker.terminate();
  }

  #settle(): void {
    const current = this.#current;
    if (!current) return;
    this.#current = undefined;
    this.#worker.unref();
    const status = this.#words[places.status]!;
    let outcome: Outcome = { milliseconds: this.#numbers[places.milliseconds]! };
    try {
      current.run.finish(status === 0n ? null : status);
    } catch (error) {
      outcome = { error };
    }
    current.done(outcome);
  }
}
