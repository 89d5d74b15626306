import { inferCall, type TensorElement, type TensorType } from '@zoo/onnx';
import { type CallKind, RecentCalls } from './recent-calls.ts';
import type { Extract, Subgraph } from './subgraph.ts';

/** What is known of all calls of one kernel with equal attributes on inputs of equal types. */
export interface Signature {
  readonly id: number;
  /** Types of the results; undefined where the call has to run elsewhere. */
  readonly results: readonly TensorType[] | undefined;
}

function attributeKey(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(attributeKey).join(',')}]`;
  if (Object.is(value, -0)) return '-0';
  if (value !== null && typeof value === 'object') return JSON.stringify(value);
  return String(value);
}

const elements: readonly string[] = ['float32', 'int32', 'bool'] satisfies TensorElement[];

/** Whether a dtype of tfjs can be in a graph; strings and complex numbers cannot. */
export const isElement = (dtype: string): dtype is TensorElement => elements.includes(dtype);

const maxSubgraphs = 256;

/** Numbers the kinds of calls, so that inferring types and comparing graphs costs little from the second time on. */
export class Signatures {
  readonly #known = new Map<string, Signature>();
  readonly #recent = new RecentCalls<Signature>();
  readonly #subgraphs = new Map<string, Subgraph>();
  #next = 0;

  of(
    kernelName: string,
    { names, values }: Pick<CallKind, 'names' | 'values'>,
    attrs: Readonly<Record<string, unknown>>,
  ): Signature {
    const call = { names, values, attrs };
    const recent = this.#recent.get(kernelName, call);
    if (recent) return recent;
    const signature = this.#find(kernelName, call);
    this.#recent.set(kernelName, call, signature);
    return signature;
  }

  /** Calls as one, the same for equal calls. */
  subgraph({ key, calls, source }: Extract, { type, shape }: TensorType): Subgraph {
    const known = this.#subgraphs.get(key);
    if (known) return known;
    if (this.#subgraphs.size > maxSubgraphs) this.#subgraphs.clear();
    const subgraph = { signature: this.#next++, calls, output: { type, shape, source } };
    this.#subgraphs.set(key, subgraph);
    return subgraph;
  }

  #find(kernelName: string, { names, values, attrs }: CallKind): Signature {
    let key = kernelName;
    for (const [i, { type, shape }] of values.entries()) key += `|${names[i]}:${type}${shape.join()}`;
    for (const name in attrs) key += `|${name}=${attributeKey(attrs[name])}`;
    const known = this.#known.get(key);
    if (known) return known;
    // Programs that never repeat a shape must not fill the memory.
    if (this.#known.size > 50_000) this.#known.clear();
    const types = Object.fromEntries(names.map((name, i) => [name, values[i]!]));
    const signature = { id: this.#next++, results: inferCall(kernelName, { inputs: types, attrs }) };
    this.#known.set(key, signature);
    return signature;
  }
}
