import type { OnnxNode } from '../model/types.ts';
import type { ExportGraph } from './export-graph.ts';

const ofImages = new Set(['Conv', 'ConvTranspose', 'MaxPool', 'AveragePool', 'Resize']);
const ofFirst = new Set([
  'BatchNormalization',
  'Concat',
  'Slice',
  'Pad',
  'Identity',
  'Cast',
  'Softmax',
  'Tile',
  'Clip',
]);
const elementwise = new Set(['Add', 'Sub', 'Mul', 'Div', 'Sum', 'Max', 'Min', 'Pow', 'Where']);
const unary = new Set([
  'Relu',
  'Sigmoid',
  'Tanh',
  'Neg',
  'Abs',
  'Exp',
  'Log',
  'Sqrt',
  'Reciprocal',
  'Elu',
  'Selu',
  'Softplus',
]);

/** How many axes the values of a graph have, as far as the operators of nets tell. */
export class Ranks {
  readonly #graph: ExportGraph;
  readonly #known = new Map<string, number | undefined>();

  constructor(graph: ExportGraph) {
    this.#graph = graph;
    for (const { name, shape } of graph.inputs) this.#known.set(name, shape.length);
    for (const [name, { shape }] of graph.constants) this.#known.set(name, shape.length);
    // In the order in which nodes run, so that their inputs are known.
    for (const node of graph.nodes) for (const output of node.outputs) this.#known.set(output, this.#rankOf(node));
  }

  of(name: string): number | undefined {
    return this.#known.get(name);
  }

  #rankOf({ opType, inputs, attributes }: OnnxNode): number | undefined {
    if (ofImages.has(opType)) return 4;
    if (opType === 'Gemm') return 2;
    if (opType === 'Transpose') return (attributes['perm'] as readonly number[]).length;
    if (opType === 'Reshape') return this.#graph.constant(inputs[1])?.shape[0];
    const ranks = inputs.map((input) => this.of(input));
    if (ofFirst.has(opType) || unary.has(opType)) return ranks[0];
    if (!elementwise.has(opType) || ranks.includes(undefined)) return undefined;
    return Math.max(...(ranks as number[]));
  }
}
