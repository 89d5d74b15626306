import type { GraphBuilder } from '../graph/graph-builder.ts';
import type { TensorType, Term } from '../graph/term.ts';

/** A call of a tfjs kernel: inputs by tfjs's names, attributes as tfjs passes them. */
export interface KernelCall<Input> {
  readonly inputs: Readonly<Record<string, Input | undefined>>;
  readonly attrs: Readonly<Record<string, unknown>>;
  /** Names of the other kernels that read the input, and `output` where it is one; absent where nobody knows. */
  readonly otherReaders?: (name: string) => readonly string[];
}

/** How one tfjs kernel is written in ONNX. */
export interface KernelMapping {
  /** Types of the results; undefined where ONNX cannot express this call. */
  infer(call: KernelCall<TensorType>): readonly TensorType[] | undefined;
  /** Adds the nodes of a call that `infer` accepted, and returns one term per result. */
  emit(graph: GraphBuilder, call: KernelCall<Term>, results: readonly TensorType[]): Term[];
}

export type Mappings = Readonly<Record<string, KernelMapping>>;

/** Inputs of a kernel that takes a list, in order. */
export function inputList<Input>({ inputs }: KernelCall<Input>): Input[] {
  return Object.values(inputs).filter((input) => input !== undefined);
}

/** The named input, which the kernel always has. */
export function input<Input>(call: KernelCall<Input>, name: string): Input {
  return call.inputs[name]!;
}

/** A mapping for kernels whose inputs must all be of `types`. */
export function forTypes(types: readonly string[], mapping: KernelMapping): KernelMapping {
  return {
    infer: (call) => (inputList(call).every(({ type }) => types.includes(type)) ? mapping.infer(call) : undefined),
    emit: mapping.emit,
  };
}
