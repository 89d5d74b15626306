import { ZooError } from '@zoo/core';
import { encodeModel, type GraphOptions, programGraph, toModel } from '@zoo/onnx';
import type { Native, NativeSession, NativeTensor, Optimization } from '../native/native.ts';
import type { Outcome, RunThread } from '../native/run-thread.ts';
import { kernelCalls, leafName, outputName, type Trace, toProgram } from '../recording/trace.ts';
import { splitModel } from './shared-constants.ts';

export interface SessionOptions {
  /** Threads of each session; 0 leaves it to the runtime, which takes all physical cores. */
  threads: number;
  providers: readonly string[];
  graph: GraphOptions;
}

/**
 * Work below which further threads cost more than they give: elements that all calls of a trace read, some two milliseconds of
 * one thread. Each call of more waits for all threads, and long where another program has the second core.
 */
const smallWork = 1 << 21;

/** Work above which a graph's intermediate results fill hundreds of megabytes. */
const largeWork = 1 << 27;

interface Compilation {
  optimization: Optimization;
  /** Places of the leaves that become constants; default none. */
  baked?: ReadonlySet<number>;
}

/** A trace that was compiled. */
export class Session {
  readonly #session: NativeSession;
  readonly compileMs: number;
  /** Bytes that it holds, roughly: its constants, and the arena with results of its calls that live at the same time. */
  readonly bytes: number;
  /** Whether it takes less than the time in which nobody notices that a program waits. */
  readonly isSmall: boolean;
  /** Of the trace's outputs as the graph gives them, which may differ from the trace's own. */
  readonly outputShapes: ReadonlyArray<readonly number[]>;

  constructor(native: Native, trace: Trace, options: SessionOptions, { optimization, baked = new Set() }: Compilation) {
    const start = performance.now();
    const graph = programGraph(toProgram(trace, baked), { ...options.graph, forSession: true });
    this.outputShapes = graph.outputs.map(({ shape }) => shape as number[]);
    // ONNX Runtime names the nodes that it makes after the ones it replaces; 1.20 refuses those of nameless ones as equal.
    const nodes = graph.nodes.map((node, i) => ({ ...node, name: `${node.opType}_${i}` }));
    const named = { ...graph, nodes };
    const { model, constants } = native.sharesConstants
      ? splitModel(named)
      : { model: encodeModel(toModel(named)), constants: undefined };
    let work = 0;
    for (const { shapes } of kernelCalls(trace)) work += Math.max(0, ...shapes.map(sizeOf));
    this.isSmall = work < smallWork;
    const inputs = trace.leaves.flatMap((_, place) => (baked.has(place) ? [] : [leafName(place)]));
    const outputs = trace.outputs.map((_, place) => outputName(place));
    try {
      this.#session = native.compile(
        { model, inputs, outputs, ...(constants && { constants }) },
        {
          providers: options.providers,
          threads: this.isSmall ? 1 : options.threads,
          optimization,
          // An arena keeps the memory of a graph's largest run; large graphs give it back, at a few percent of time.
          arena: work < largeWork,
        },
      );
    } catch (cause) {
      const kernels = [...new Set(Array.from(kernelCalls(trace), ({ kernelName }) => kernelName))].join(', ');
      throw new ZooError('BACKEND_FAILED', `ONNX Runtime refused a graph of ${kernels}: ${messageOf(cause)}`, {
        cause,
      });
    }
    const constantBytes = [...graph.initializers.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
    this.bytes = model.byteLength + 2 * constantBytes + 2 * work;
    this.compileMs = performance.now() - start;
  }

  /** Runs on the leaves that are not baked; each output is written into the tensor given for it. */
  run(feeds: readonly NativeTensor[], fetches: readonly NativeTensor[]): void {
    try {
      this.#session.run(feeds, fetches);
    } catch (cause) {
      throw runError(cause);
    }
  }

  /** The same on another thread. */
  begin(
    thread: RunThread,
    tensors: { feeds: readonly NativeTensor[]; fetches: readonly NativeTensor[] },
    done: (outcome: Outcome) => void,
  ): void {
    thread.begin(this.#session.prepare!(tensors.feeds, tensors.fetches), (outcome) =>
      done('error' in outcome ? { error: runError(outcome.error) } : outcome),
    );
  }

  dispose(): void {
    this.#session.dispose();
  }
}

function runError(cause: unknown): ZooError {
  const text = messageOf(cause);
  const message = /alloc|memory/i.test(text)
    ? `ONNX Runtime ran out of memory: ${text}. Use a smaller batch, or dispose tensors that are no longer needed.`
    : `ONNX Runtime could not run a graph: ${text}`;
  return new ZooError('BACKEND_FAILED', message, { cause });
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
