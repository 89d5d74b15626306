import type { Constant } from '../constant.ts';
import type { ExportGraph } from '../export-graph.ts';

/** Names that were not given yet. */
class Names {
  readonly #taken = new Set<string>();

  constructor(taken: Iterable<string>) {
    this.#taken = new Set(taken);
  }

  /** `wanted`, or with the first number that makes it new. */
  unique(wanted: string): string {
    let name = wanted;
    for (let i = 1; this.#taken.has(name); i++) name = `${wanted}_${i}`;
    this.#taken.add(name);
    return name;
  }
}

const contents = ({ type, shape, known }: Constant): string | undefined =>
  known && known.length <= 16 ? `${type} [${shape}] ${known.join()}` : undefined;

/** One constant for all small ones of equal values. */
function joinEqual(graph: ExportGraph): void {
  const firsts = new Map<string, string>();
  const names = new Map<string, string>();
  for (const [name, constant] of graph.constants) {
    const key = contents(constant);
    if (key === undefined) continue;
    const first = firsts.get(key);
    if (first === undefined) firsts.set(key, name);
    else names.set(name, first);
  }
  graph.rename(names);
}

/**
 * Names as readers expect them: weights by their keys in the state dict, nodes by the layer whose weights they have or by
 * what they do, values by the node that makes them.
 */
export function nameValues(graph: ExportGraph): void {
  joinEqual(graph);
  const fixed = [...graph.inputs, ...graph.outputs].map(({ name }) => name);
  const valueNames = new Names(fixed);
  const nodeNames = new Names([]);
  const names = new Map<string, string>();
  const order = new Map<string, Constant>();
  for (const { inputs } of graph.nodes) {
    for (const input of inputs) {
      const constant = graph.constant(input);
      if (constant) order.set(input, constant);
    }
  }
  for (const [name, { origin }] of order) names.set(name, valueNames.unique(origin ?? 'constant'));
  graph.mapNodes((node) => {
    const origin = node.inputs.map((input) => graph.constant(input)?.origin).find((key) => key !== undefined);
    const layer = origin?.includes('.') ? origin.slice(0, origin.lastIndexOf('.')) : undefined;
    const name = nodeNames.unique(layer ?? node.opType);
    for (const [i, output] of node.outputs.entries()) {
      if (!fixed.includes(output))
        names.set(output, valueNames.unique(i === 0 ? `${name}_output` : `${name}_output${i}`));
    }
    return { ...node, name };
  });
  graph.constants.clear();
  for (const [name, constant] of order) graph.constants.set(name, constant);
  graph.rename(names);
}
