import { ZooError } from '@zoo/core';
import type { ElementData, ElementType, OnnxAttributes, OnnxGraph, OnnxNode, OnnxTensor } from '../model/types.ts';
import { type Shape, sameSizes } from './shape.ts';

/** A value of the graph under construction. */
export interface GraphValue {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: Shape;
}

type TypeOf = Pick<GraphValue, 'type' | 'shape'>;

export interface GraphOptions {
  /** Uses ONNX Runtime's own convolutions over blocks of so many channels; which size a CPU has must be tried. Default: standard operators only. */
  blockSize?: number | undefined;
  /**
   * A size that stands for the unknown batch size: every size that is a multiple of it is left open. Give a prime that
   * no other size of the graph contains.
   */
  batchMarker?: number;
  /**
   * The graph goes straight into a session, not into a file for others: outputs may have another shape of as many elements,
   * which saves copies, and batch norms may be made of what are none.
   */
  forSession?: boolean;
}

interface Producer {
  node: OnnxNode;
  inputs: readonly (GraphValue | undefined)[];
}

const dataTypes = { float32: Float32Array, int32: Int32Array, int64: BigInt64Array, bool: Uint8Array };

/** Collects nodes. The same node on the same inputs is made once; what no output needs is left out. */
export class GraphBuilder {
  readonly options: Readonly<GraphOptions>;
  readonly #inputs: GraphValue[] = [];
  readonly #outputs: Array<{ name: string; value: GraphValue }> = [];
  readonly #initializers = new Map<string, OnnxTensor>();
  readonly #producers = new Map<string, Producer>();
  readonly #known = new Map<string, GraphValue[]>();
  #count = 0;

  constructor(options: GraphOptions = {}) {
    this.options = options;
  }

  input(name: string, type: ElementType, shape: Shape): GraphValue {
    const value = { name, type, shape };
    this.#inputs.push(value);
    return value;
  }

  /** A constant under a name of its own, such as a weight. */
  initializer(name: string, tensor: OnnxTensor): GraphValue {
    this.#initializers.set(name, tensor);
    return { name, type: tensor.type, shape: tensor.shape };
  }

  /** A small constant; equal ones are stored once. */
  constant(type: ElementType, shape: Shape, data: readonly number[]): GraphValue {
    const key = `#${type}|${shape}|${data.map((v) => (Object.is(v, -0) ? '-0' : v))}`;
    const known = this.#known.get(key);
    if (known) return known[0]!;
    const values: ElementData = type === 'int64' ? BigInt64Array.from(data, BigInt) : dataTypes[type].from(data);
    const value = this.initializer(`c${this.#count++}`, { type, shape, data: values });
    this.#known.set(key, [value]);
    return value;
  }

  scalar(type: ElementType, value: number): GraphValue {
    return this.constant(type, [], [value]);
  }

  /** An int64 vector: shapes, axes, positions. */
  ints(values: readonly number[]): GraphValue {
    return this.constant('int64', [values.length], values);
  }

  op(
    opType: string,
    inputs: readonly (GraphValue | undefined)[],
    output: TypeOf,
    attributes: OnnxAttributes = {},
    domain = '',
  ): GraphValue {
    return this.ops(opType, inputs, [output], attributes, domain)[0]!;
  }

  /** A node with several outputs. */
  ops(
    opType: string,
    inputs: readonly (GraphValue | undefined)[],
    outputs: readonly TypeOf[],
    attributes: OnnxAttributes = {},
    domain = '',
  ): GraphValue[] {
    const names = inputs.map((input) => input?.name ?? '');
    while (names.at(-1) === '') names.pop();
    const key = `${domain}${opType}(${names})${JSON.stringify(attributes)}x${outputs.length}`;
    const known = this.#known.get(key);
    if (known) return known;
    const values = outputs.map(({ type, shape }) => ({ name: `v${this.#count++}`, type, shape }));
    const node = { opType, domain, inputs: names, outputs: values.map((value) => value.name), attributes };
    for (const value of values) this.#producers.set(value.name, { node, inputs });
    this.#known.set(key, values);
    return values;
  }

  isConstant({ name }: GraphValue): boolean {
    return this.#initializers.has(name);
  }

  /** The node that made `value` and its inputs; undefined for inputs and constants. */
  producer(value: GraphValue): Producer | undefined {
    return this.#producers.get(value.name);
  }

  reshape(x: GraphValue, shape: Shape): GraphValue {
    if (sameSizes(x.shape, shape)) return x;
    const made = this.producer(x);
    if (made?.node.opType === 'Reshape') return this.reshape(made.inputs[0]!, shape);
    const target = shape.map((size) => (this.#isOpen(size) ? -1 : size));
    if (target.filter((size) => size === -1).length > 1) throw this.#fixedBatch('Reshape');
    return this.op('Reshape', [x, this.ints(target)], { type: x.type, shape });
  }

  transpose(x: GraphValue, permutation: readonly number[]): GraphValue {
    const shape = permutation.map((axis) => x.shape[axis]!);
    const moved = permutation.filter((axis) => x.shape[axis] !== 1);
    if (moved.every((axis, i) => i === 0 || axis > moved[i - 1]!)) return this.reshape(x, shape);
    const made = this.producer(x);
    if (made?.node.opType === 'Transpose') {
      const before = made.node.attributes['perm'] as readonly number[];
      return this.transpose(
        made.inputs[0]!,
        permutation.map((axis) => before[axis]!),
      );
    }
    return this.op('Transpose', [x], { type: x.type, shape }, { perm: permutation });
  }

  cast(x: GraphValue, type: ElementType): GraphValue {
    if (x.type === type) return x;
    const codes = { float32: 1, int32: 6, int64: 7, bool: 9 };
    return this.op('Cast', [x], { type, shape: x.shape }, { to: codes[type] });
  }

  /** Repeats axes of size 1 up to `shape`. */
  expand(x: GraphValue, shape: Shape): GraphValue {
    if (sameSizes(x.shape, shape)) return x;
    return this.op('Expand', [x, this.ints(this.fixed(shape, 'Expand'))], { type: x.type, shape });
  }

  slice(x: GraphValue, begin: readonly number[], size: readonly number[]): GraphValue {
    const axes = begin.map((_, axis) => axis).filter((axis) => size[axis] !== x.shape[axis]);
    if (axes.length === 0) return x;
    const pick = (values: readonly number[]) => this.ints(axes.map((axis) => values[axis]!));
    const ends = begin.map((start, axis) => start + size[axis]!);
    return this.op('Slice', [x, pick(begin), pick(ends), this.ints(axes)], { type: x.type, shape: size });
  }

  /** `shape`, which must not depend on an open batch size. */
  fixed(shape: Shape, what: string): Shape {
    if (shape.some((size) => this.#isOpen(size))) throw this.#fixedBatch(what);
    return shape;
  }

  /** Declares an output; it gets the name by which callers ask for it. */
  output(value: GraphValue, name: string): void {
    const made = this.options.forSession ? this.producer(value) : undefined;
    const source = made?.node.opType === 'Reshape' ? made.inputs[0]! : value;
    this.#outputs.push({ name, value: this.#producers.has(source.name) ? source : value });
  }

  /** The graph of everything that the outputs need. */
  build(name = 'graph'): OnnxGraph {
    // A value that is an output bears the output's name; further names, inputs and constants need a copy.
    const names = new Map<string, string>();
    const copies: OnnxNode[] = [];
    for (const { name: output, value } of this.#outputs) {
      if (this.#producers.has(value.name) && !names.has(value.name)) names.set(value.name, output);
      else copies.push({ opType: 'Identity', domain: '', inputs: [value.name], outputs: [output], attributes: {} });
    }
    const rename = (list: readonly string[]) => list.map((value) => names.get(value) ?? value);
    const needed = new Set(this.#outputs.map(({ value }) => value.name));
    const nodes: OnnxNode[] = [];
    const made = [...new Set([...this.#producers.values()].map((producer) => producer.node))];
    for (const node of made.reverse()) {
      if (!node.outputs.some((output) => needed.has(output))) continue;
      for (const input of node.inputs) needed.add(input);
      nodes.push(node);
    }
    nodes.reverse();
    return {
      name,
      nodes: [...nodes, ...copies].map((node) => ({
        ...node,
        inputs: rename(node.inputs),
        outputs: rename(node.outputs),
      })),
      inputs: this.#inputs.map((input) => this.#info(input)),
      outputs: this.#outputs.map(({ name: output, value }) => this.#info({ ...value, name: output })),
      initializers: new Map([...this.#initializers].filter(([key]) => needed.has(key))),
    };
  }

  #info({ name, type, shape }: GraphValue): OnnxGraph['inputs'][number] {
    return { name, type, shape: shape.map((size) => (this.#isOpen(size) ? this.#symbol(size) : size)) };
  }

  #symbol(size: number): string {
    const factor = size / this.options.batchMarker!;
    return factor === 1 ? 'batch' : `batch_x${factor}`;
  }

  #isOpen(size: number): boolean {
    const { batchMarker } = this.options;
    return batchMarker !== undefined && size > 0 && size % batchMarker === 0;
  }

  #fixedBatch(what: string): ZooError {
    return new ZooError(
      'INVALID_ARGUMENT',
      `${what} in this net depends on the batch size in a way that an open batch size cannot express. Use a fixed one.`,
    );
  }
}
