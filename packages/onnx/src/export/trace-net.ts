import * as tf from '@tensorflow/tfjs-core';
import { type AnyModule, isZooError, Module, noGrad, seeded, type TracedState, ZooError } from '@zoo/core';
import type { GraphOptions } from '../graph/graph-builder.ts';
import type { OnnxGraph } from '../model/types.ts';
import { type Program, programGraph } from '../program.ts';
import { ExportGraph } from './export-graph.ts';
import type { ExportPlan } from './options.ts';
import { Recording, unsupported } from './recording.ts';
import { backendName, recordCalls } from './trace-backend.ts';

/** A prime that no size of a net contains: a multiple of it depends on the batch size. */
const batchMarker = 104729;

type Forward = (x: tf.Tensor) => unknown;

/** A function as a net, so that it runs in evaluation mode. */
class Calling extends Module<[tf.Tensor], unknown> {
  readonly #f: Forward;

  constructor(f: Forward) {
    super();
    this.#f = f;
  }

  forward(x: tf.Tensor): unknown {
    return this.#f(x);
  }
}

/** All tensors of an output, each under the name that it gets in the file. */
function namedTensors(output: unknown, name = ''): Array<[string, tf.Tensor]> {
  if (output instanceof tf.Tensor) return [[name || 'output', output]];
  if (typeof output !== 'object' || output === null) return [];
  const list = Array.isArray(output);
  const prefix = name || (list ? 'output' : '');
  return Object.entries(output).flatMap(([key, part]) => namedTensors(part, prefix ? `${prefix}_${key}` : key));
}

/** Runs the net without data and writes down what it calls. */
function record(net: AnyModule, plan: ExportPlan, forward: Forward | undefined): Recording {
  const names = new Map<unknown, string>();
  for (const [name, entry] of net.stateEntries()) if (!names.has(entry)) names.set(entry, name);
  const recording = new Recording((state: TracedState) => names.get(state));
  const images = plan.layout === 'nchw' && plan.inputShape.length === 4;
  const shape = plan.dynamicBatch ? [batchMarker, ...plan.inputShape.slice(1)] : plan.inputShape;
  // A module draws from the stream of random numbers when it is made; this one may not.
  const run: AnyModule = forward ? seeded(0, () => new Calling(forward)) : net;
  recordCalls(recording, (tensor) => {
    noGrad(() => {
      const given = tensor(recording.input('input', { type: plan.dtype, shape }));
      const output = run.predict(images ? tf.transpose(given, [0, 2, 3, 1]) : given);
      const tensors = namedTensors(output);
      if (tensors.length === 0) {
        throw new ZooError(
          'NOT_SUPPORTED',
          `${net.constructor.name} returned no tensor, so that there is nothing to export.`,
        );
      }
      for (const [name, result] of tensors) {
        const turned = images && result.rank === 4 ? tf.transpose(result, [0, 3, 1, 2]) : result;
        recording.output(name, turned);
      }
    });
  });
  return recording;
}

/** The error of a kernel without counterpart, in words of the export. */
function explained(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const [text, kernelName] =
    new RegExp(`Kernel '(.*)' not registered for backend '${backendName}'`).exec(error.message) ?? [];
  if (!text) return error;
  const message = error.message.replace(text, unsupported(kernelName!).message);
  return new ZooError('NOT_SUPPORTED', message, { cause: error });
}

/** The first call whose nodes cannot be written, by halving. */
function failingCall(program: Program, options: GraphOptions): number {
  let [works, fails] = [0, program.calls.length];
  while (works + 1 < fails) {
    const middle = (works + fails) >> 1;
    try {
      programGraph({ ...program, calls: program.calls.slice(0, middle), outputs: [] }, options);
      works = middle;
    } catch {
      fails = middle;
    }
  }
  return fails - 1;
}

function write(net: AnyModule, { program, modules }: Recording, options: GraphOptions): OnnxGraph {
  try {
    return programGraph(program, options);
  } catch (error) {
    if (!isZooError(error)) throw error;
    const at = failingCall(program, options);
    const module = modules[at];
    const name = [...net.namedModules()].find(([, other]) => other === module)?.[0];
    const where = name ? `Layer '${name}' (${module!.constructor.name}), ` : '';
    const hint = options.batchMarker ? ' Leave dynamicBatch out, and export one file per batch size.' : '';
    throw new ZooError('NOT_SUPPORTED', `${where}op ${program.calls[at]!.kernelName}: ${error.message}${hint}`, {
      cause: error,
    });
  }
}

/** The net's evaluation as a graph. The net stays as it is, and no weight is read. */
export function traceNet(net: AnyModule, plan: ExportPlan, forward: Forward | undefined): ExportGraph {
  let recording: Recording;
  try {
    recording = record(net, plan, forward);
  } catch (error) {
    throw explained(error);
  }
  const graph = write(net, recording, plan.dynamicBatch ? { batchMarker } : {});
  const constants = new Map(recording.constants);
  for (const [name, { type, shape, data }] of graph.initializers) {
    if (!constants.has(name)) constants.set(name, { type, shape, known: data, read: async () => data });
  }
  return new ExportGraph(graph, constants);
}
