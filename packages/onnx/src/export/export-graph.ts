import type { OnnxGraph, OnnxNode, OnnxValueInfo } from '../model/types.ts';
import type { Constant } from './constant.ts';

/** A graph that passes rewrite, node by node; its constants have their values elsewhere. */
export class ExportGraph {
  readonly constants: Map<string, Constant>;
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
  #nodes: OnnxNode[];
  #producers!: Map<string, OnnxNode>;
  #readers!: Map<string, number>;
  #made = 0;

  constructor(graph: OnnxGraph, constants: Map<string, Constant>) {
    this.#nodes = [...graph.nodes];
    this.constants = constants;
    this.inputs = graph.inputs;
    this.outputs = graph.outputs;
    this.sweep();
  }

  /** In the order in which they run. */
  get nodes(): readonly OnnxNode[] {
    return this.#nodes;
  }

  /** The node that makes the value, where it is of the given kind. */
  producer(name: string | undefined, opType?: string): OnnxNode | undefined {
    const node = this.#producers.get(name ?? '');
    return !opType || node?.opType === opType ? node : undefined;
  }

  constant(name: string | undefined): Constant | undefined {
    return this.constants.get(name ?? '');
  }

  /** Whether one input of one node alone reads the value. */
  readOnce(name: string): boolean {
    return this.#readers.get(name) === 1;
  }

  /** Adds a constant and returns its name. */
  add(constant: Constant): string {
    const name = `made ${this.#made++}`;
    this.constants.set(name, constant);
    return name;
  }

  /** Asks `rewrite` about every node; what it returns takes the node's place and makes the same values. */
  rewrite(rewrite: (node: OnnxNode) => OnnxNode | undefined): void {
    this.#nodes = this.#nodes.map((node) => {
      const other = rewrite(node);
      if (!other) return node;
      for (const output of other.outputs) this.#producers.set(output, other);
      return other;
    });
    this.sweep();
  }

  /** Takes out the nodes for which `fold` gives their result as a constant. */
  foldNodes(fold: (node: OnnxNode) => Constant | undefined): void {
    this.#nodes = this.#nodes.filter((node) => {
      const value = fold(node);
      if (value) this.constants.set(node.outputs[0]!, value);
      return !value;
    });
    this.sweep();
  }

  /** Gives values other names. */
  rename(names: ReadonlyMap<string, string>): void {
    const renamed = (name: string) => names.get(name) ?? name;
    this.#nodes = this.#nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map(renamed),
      outputs: node.outputs.map(renamed),
    }));
    const constants = [...this.constants];
    this.constants.clear();
    for (const [name, constant] of constants) this.constants.set(renamed(name), constant);
    this.sweep();
  }

  /** Changes or drops nodes; `rename` has to follow. */
  mapNodes(change: (node: OnnxNode) => OnnxNode | undefined): void {
    this.#nodes = this.#nodes.flatMap((node) => change(node) ?? []);
  }

  /** Drops what no output needs. */
  sweep(): void {
    this.#readers = new Map(this.outputs.map(({ name }) => [name, 1]));
    const kept: OnnxNode[] = [];
    for (const node of this.#nodes.reverse()) {
      if (!node.outputs.some((output) => this.#readers.has(output))) continue;
      for (const input of node.inputs) this.#readers.set(input, (this.#readers.get(input) ?? 0) + 1);
      kept.push(node);
    }
    this.#nodes = kept.reverse();
    this.#producers = new Map(this.#nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
    for (const name of this.constants.keys()) if (!this.#readers.has(name)) this.constants.delete(name);
  }
}
