import { ZooError } from '@zoo/core';
import { GraphBuilder, type GraphOptions } from './graph/graph-builder.ts';
import { plainTerm, type TensorType, type Term, toPlain } from './graph/term.ts';
import { inferCall, mappingOf } from './kernels/kernels.ts';
import type { OnnxGraph, OnnxModel, OnnxTensor } from './model/types.ts';

/** The ONNX operators that graphs are written in: what onnxruntime 1.11 and Python's onnx 1.12 can read. */
export const opsetVersion = 17;

/** A value of a program: its place among the leaves, or a call and the place among its results. */
export type ProgramValue = { readonly leaf: number } | { readonly call: number; readonly result: number };

/** One kernel call of a program. */
export interface ProgramCall {
  readonly kernelName: string;
  /** Inputs by tfjs's names; only leaves and results of earlier calls. */
  readonly inputs: Readonly<Record<string, ProgramValue>>;
  readonly attrs: Readonly<Record<string, unknown>>;
}

/** What enters a program: fed at each run, or a constant of the graph. */
export interface ProgramLeaf extends TensorType {
  readonly name: string;
  readonly constant?: OnnxTensor;
}

/** Kernel calls in the order in which tfjs made them. */
export interface Program {
  readonly leaves: readonly ProgramLeaf[];
  readonly calls: readonly ProgramCall[];
  readonly outputs: ReadonlyArray<{ readonly name: string; readonly value: ProgramValue }>;
}

/** Writes a program as an ONNX graph. Throws INVALID_ARGUMENT where a call cannot be expressed, naming its kernel. */
export function programGraph(program: Program, options: GraphOptions = {}): OnnxGraph {
  const graph = new GraphBuilder(options);
  const leaves = program.leaves.map(({ name, type, shape, constant }) =>
    plainTerm(constant ? graph.initializer(name, constant) : graph.input(name, type, shape)),
  );
  const results: Term[][] = [];
  const readers = readersOf(program);
  const termOf = (value: ProgramValue): Term =>
    'leaf' in value ? leaves[value.leaf]! : results[value.call]![value.result]!;
  for (const { kernelName, inputs, attrs } of program.calls) {
    const terms = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, termOf(value)]));
    const otherReaders = (name: string): readonly string[] => {
      const all = readers.get(keyOf(inputs[name]!))!;
      const own = all.indexOf(kernelName);
      return all.filter((_, i) => i !== own);
    };
    const call = { inputs: terms, attrs, otherReaders };
    const types = inferCall(kernelName, call);
    if (!types) {
      const shapes = Object.entries(terms).map(([name, { type, shape }]) => `${name}: ${type} [${shape}]`);
      throw new ZooError('INVALID_ARGUMENT', `ONNX has no counterpart for ${kernelName}(${shapes.join(', ')}).`);
    }
    results.push(mappingOf(kernelName).emit(graph, call, types));
  }
  for (const { name, value } of program.outputs) graph.output(toPlain(graph, termOf(value)), name);
  return graph.build();
}

const keyOf = (value: ProgramValue): string => ('leaf' in value ? `${value.leaf}` : `${value.call}.${value.result}`);

/** Kernels that read each value. */
function readersOf({ calls, outputs }: Program): Map<string, string[]> {
  const readers = new Map<string, string[]>();
  const add = (value: ProgramValue, reader: string) => {
    const key = keyOf(value);
    const known = readers.get(key);
    if (known) known.push(reader);
    else readers.set(key, [reader]);
  };
  for (const { kernelName, inputs } of calls) for (const value of Object.values(inputs)) add(value, kernelName);
  for (const { value } of outputs) add(value, 'output');
  return readers;
}

const domainVersions: Readonly<Record<string, number>> = { 'com.microsoft': 1, 'com.microsoft.nchwc': 1 };

/** A model around a graph, declaring the domains that its nodes use. */
export function toModel(graph: OnnxGraph, metadata?: Readonly<Record<string, string>>): OnnxModel {
  const domains = new Set(graph.nodes.map((node) => node.domain).filter((domain) => domain !== ''));
  const extra = Object.fromEntries([...domains].map((domain) => [domain, domainVersions[domain]!]));
  return {
    irVersion: 8,
    opsets: { '': opsetVersion, ...extra },
    producer: 'zoo',
    graph,
    ...(metadata && { metadata }),
  };
}
