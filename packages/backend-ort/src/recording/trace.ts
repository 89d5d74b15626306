import type { Program, ProgramCall, ProgramValue } from '@zoo/onnx';
import type { Source } from './subgraph.ts';
import type { Call, Value } from './value.ts';

/** What has to run to get some values. */
export interface Trace {
  /** Equal for traces of equal structure; contents and identities of the leaves do not matter. */
  readonly key: string;
  readonly calls: readonly Call[];
  /** Values in memory that the calls read, in order of first use. */
  readonly leaves: readonly Value[];
  readonly outputs: readonly Value[];
}

/** Collects the calls that `outputs` need, in the order of recording. */
export function traceOf(outputs: readonly Value[]): Trace {
  const needed = new Set<Call>();
  const open = outputs.map((value) => value.call!);
  while (open.length > 0) {
    const call = open.pop()!;
    if (needed.has(call)) continue;
    needed.add(call);
    for (const { call: source, storage } of call.inputs) if (source && !storage) open.push(source);
  }
  const calls = [...needed].sort((a, b) => a.id - b.id);
  const places = new Map(calls.map((call, i) => [call, i]));
  const leafPlaces = new Map<Value, number>();
  const leaves: Value[] = [];
  const keys: string[] = [];
  for (const call of calls) {
    let key = `${call.signature}`;
    for (const value of call.inputs) {
      if (!value.storage) {
        key += `,${places.get(value.call!)}.${value.result}`;
        continue;
      }
      let place = leafPlaces.get(value);
      if (place === undefined) {
        place = leaves.length;
        leafPlaces.set(value, place);
        leaves.push(value);
      }
      key += `,x${place}`;
    }
    keys.push(key);
  }
  const wanted = outputs.map((value) => `${places.get(value.call!)}.${value.result}`);
  return { key: `${keys.join(';')}>${wanted.join()}`, calls, leaves, outputs };
}

export const leafName = (place: number): string => `x${place}`;
export const outputName = (place: number): string => `y${place}`;

/** What one kernel of the trace is called with. */
interface KernelCall {
  readonly kernelName: string;
  readonly shapes: ReadonlyArray<readonly number[]>;
}

/** The kernel calls of a trace, those of subgraphs included. */
export function* kernelCalls({ calls }: Trace): Generator<KernelCall> {
  for (const { kernelName, inputs, subgraph } of calls) {
    if (!subgraph) yield { kernelName, shapes: inputs.map(({ shape }) => shape) };
    for (const call of subgraph?.calls ?? []) {
      yield { kernelName: call.kernelName, shapes: call.inputs.map(({ shape }) => shape) };
    }
  }
}

/** The trace as a program; leaves in `baked` become constants. */
export function toProgram({ calls, leaves, outputs }: Trace, baked: ReadonlySet<number> = new Set()): Program {
  const leafPlaces = new Map(leaves.map((leaf, i) => [leaf, i]));
  const made: ProgramCall[] = [];
  /** The results of a call in the program. */
  const results = new Map<Call, (result: number) => ProgramValue>();
  const refer = (value: Value): ProgramValue => {
    const leaf = leafPlaces.get(value);
    return leaf === undefined ? results.get(value.call!)!(value.result) : { leaf };
  };
  const add = (kernelName: string, names: readonly string[], inputs: ProgramValue[], attrs: Call['attrs']) =>
    made.push({ kernelName, inputs: Object.fromEntries(inputs.map((value, i) => [names[i]!, value])), attrs }) - 1;
  for (const call of calls) {
    const { subgraph } = call;
    if (!subgraph) {
      const place = add(call.kernelName, call.inputNames, call.inputs.map(refer), call.attrs);
      results.set(call, (result) => ({ call: place, result }));
      continue;
    }
    const first = made.length;
    const inside = (source: Source): ProgramValue =>
      'leaf' in source ? refer(call.inputs[source.leaf]!) : { call: first + source.call, result: source.result };
    for (const { kernelName, inputNames, inputs, attrs } of subgraph.calls) {
      add(
        kernelName,
        inputNames,
        inputs.map(({ source }) => inside(source)),
        attrs,
      );
    }
    results.set(call, () => inside(subgraph.output.source));
  }
  return {
    leaves: leaves.map(({ type, shape, storage }, i) => ({
      name: leafName(i),
      type,
      shape,
      ...(baked.has(i) && { constant: { type, shape, data: storage!.data } }),
    })),
    calls: made,
    outputs: outputs.map((value, i) => ({ name: outputName(i), value: refer(value) })),
  };
}
