import type { TensorType } from '@zoo/onnx';
import type { Call, Value } from './value.ts';

/** Where an input of a call in a subgraph comes from: the subgraph's inputs, or the result of an earlier call of it. */
export type Source = { readonly leaf: number } | { readonly call: number; readonly result: number };

export interface SubgraphCall {
  readonly kernelName: string;
  readonly signature: number;
  readonly inputNames: readonly string[];
  readonly inputs: ReadonlyArray<{ readonly source: Source; readonly shape: readonly number[] }>;
  readonly attrs: Readonly<Record<string, unknown>>;
}

/** Calls that are recorded as one. It knows nothing of the tensors that they were first made on. */
export interface Subgraph {
  readonly signature: number;
  readonly calls: readonly SubgraphCall[];
  readonly output: TensorType & { readonly source: Source };
}

/** Calls that lead to a value, from calls recorded since `start` on. */
export interface Extract {
  /** Equal for equal calls; the signature of a subgraph stands for it. */
  readonly key: string;
  readonly calls: readonly SubgraphCall[];
  readonly source: Source;
  /** Values that were there before, in order of first use. */
  readonly leaves: readonly Value[];
}

/** Takes the calls out of a recording; undefined where they contain a subgraph. */
export function extract(output: Value, start: number): Extract | undefined {
  const needed = new Set<Call>();
  const open = [output];
  while (open.length > 0) {
    const { call, storage } = open.pop()!;
    if (!call || storage || call.id < start || needed.has(call)) continue;
    if (call.subgraph) return undefined;
    needed.add(call);
    open.push(...call.inputs);
  }
  const calls = [...needed].sort((a, b) => a.id - b.id);
  const places = new Map(calls.map((call, i) => [call, i]));
  const leafPlaces = new Map<Value, number>();
  const sourceOf = (value: Value): Source => {
    const call = value.storage ? undefined : places.get(value.call!);
    if (call !== undefined) return { call, result: value.result };
    const leaf = leafPlaces.get(value) ?? leafPlaces.size;
    leafPlaces.set(value, leaf);
    return { leaf };
  };
  const made = calls.map(({ kernelName, signature, inputNames, inputs, attrs }): SubgraphCall => {
    const from = inputs.map((value) => ({ source: sourceOf(value), shape: value.shape }));
    return { kernelName, signature, inputNames, inputs: from, attrs };
  });
  const source = sourceOf(output);
  const text = (from: Source) => ('leaf' in from ? `x${from.leaf}` : `${from.call}.${from.result}`);
  const keys = made.map(({ signature, inputs }) => [signature, ...inputs.map((from) => text(from.source))].join());
  return { key: `${keys.join(';')}>${text(source)}`, calls: made, source, leaves: [...leafPlaces.keys()] };
}
