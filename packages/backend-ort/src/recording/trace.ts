import type { Program, ProgramCall, ProgramValue } from '@zoo/onnx';
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

/** The trace as a program; leaves in `baked` become constants. */
export function toProgram({ calls, leaves, outputs }: Trace, baked: ReadonlySet<number> = new Set()): Program {
  const places = new Map(calls.map((call, i) => [call, i]));
  const leafPlaces = new Map(leaves.map((leaf, i) => [leaf, i]));
  const refer = (value: Value): ProgramValue => {
    const leaf = leafPlaces.get(value);
    return leaf === undefined ? { call: places.get(value.call!)!, result: value.result } : { leaf };
  };
  return {
    leaves: leaves.map(({ type, shape, storage }, i) => ({
      name: leafName(i),
      type,
      shape,
      ...(baked.has(i) && { constant: { type, shape, data: storage!.data } }),
    })),
    calls: calls.map(({ kernelName, inputNames, inputs, attrs }): ProgramCall => {
      return {
        kernelName,
        inputs: Object.fromEntries(inputs.map((value, i) => [inputNames[i]!, refer(value)])),
        attrs,
      };
    }),
    outputs: outputs.map((value, i) => ({ name: outputName(i), value: refer(value) })),
  };
}
