import type { OnnxNode } from '../../model/types.ts';
import { type Constant, derivedConstant, knownConstant } from '../constant.ts';
import type { ExportGraph } from '../export-graph.ts';
import { Ranks } from '../ranks.ts';

/** `[a, b]` of a node with two inputs, in both orders. */
const orders = ({ inputs: [a, b] }: OnnxNode): Array<[string, string]> => [
  [a!, b!],
  [b!, a!],
];

const isVector = (constant: Constant | undefined): constant is Constant => constant?.shape.length === 1;

/** What `x * scale + shift` has to be made of to be a batch norm. */
interface Normalization {
  variance: string;
  mean: string;
  weight?: string;
  bias?: string;
  epsilon: number;
}

/** The normalization behind a scale and a shift, both by the names of `[c]` vectors. */
function normalizationOf(graph: ExportGraph, scale: string, shift: string): Normalization | undefined {
  const product = graph.producer(scale, 'Mul');
  const factors: Array<[string, string | undefined]> = product
    ? orders(product).filter(([, weight]) => isVector(graph.constant(weight)))
    : [[scale, undefined]];
  for (const [inverse, weight] of factors) {
    const root = graph.producer(graph.producer(inverse, 'Reciprocal')?.inputs[0], 'Sqrt');
    const sum = graph.producer(root?.inputs[0], 'Add');
    if (!sum) continue;
    const [variance, added] = [graph.constant(sum.inputs[0]), graph.constant(sum.inputs[1])];
    const epsilon = added?.shape.length === 0 ? added.known?.[0] : undefined;
    if (!isVector(variance) || epsilon === undefined) continue;
    const difference = graph.producer(shift);
    const subtracted = difference?.opType === 'Sub' ? difference.inputs[1] : difference?.inputs[0];
    const shifted = graph.producer(subtracted, 'Mul');
    const mean =
      shifted && orders(shifted).find(([name, other]) => other === scale && isVector(graph.constant(name)))?.[0];
    if (!mean || !difference || !['Sub', 'Neg'].includes(difference.opType)) continue;
    const bias = difference.opType === 'Sub' ? difference.inputs[0]! : undefined;
    if (bias !== undefined && !isVector(graph.constant(bias))) continue;
    return {
      variance: sum.inputs[0]!,
      mean,
      epsilon: Number(epsilon),
      ...(weight !== undefined && { weight }),
      ...(bias !== undefined && { bias }),
    };
  }
  return undefined;
}

/** The `[c]` vector that a node of images sees as `[c, 1, 1]`; rows of features see it as it is. */
function perChannel(graph: ExportGraph, name: string, images: boolean): string | undefined {
  const reshape = graph.producer(name, 'Reshape');
  const target = graph.constant(reshape?.inputs[1])?.known;
  const spread = target?.length === 3 && Number(target[1]) === 1 && Number(target[2]) === 1;
  if (images) return reshape && spread ? reshape.inputs[0] : undefined;
  return reshape ? undefined : name;
}

/** Writes evaluation-mode batch norms, which layers compute as a scale and a shift, as the one node that ONNX has for them. */
export function recognizeBatchNorms(graph: ExportGraph): void {
  const ranks = new Ranks(graph);
  graph.rewrite((node) => {
    if (node.opType !== 'Add') return undefined;
    for (const [scaledName, shiftName] of orders(node)) {
      const scaled = graph.producer(scaledName, 'Mul');
      for (const [x, scaleName] of scaled ? orders(scaled) : []) {
        const rank = ranks.of(x);
        if (rank !== 2 && rank !== 4) continue;
        const images = rank === 4;
        const [scale, shift] = [perChannel(graph, scaleName, images), perChannel(graph, shiftName, images)];
        const found = scale && shift ? normalizationOf(graph, scale, shift) : undefined;
        if (!found) continue;
        const { shape } = graph.constant(found.mean)!;
        const filled = (value: number) =>
          graph.add(knownConstant('float32', shape, new Float32Array(shape[0]!).fill(value)));
        const inputs = [x, found.weight ?? filled(1), found.bias ?? filled(0), found.mean, found.variance];
        return { ...node, opType: 'BatchNormalization', inputs, attributes: { epsilon: { float: found.epsilon } } };
      }
    }
    return undefined;
  });
}

/** Moves batch norms into the weights of the convolutions and matrix products before them. */
export function foldBatchNorms(graph: ExportGraph): void {
  graph.rewrite((node) => {
    if (node.opType !== 'BatchNormalization') return undefined;
    const [x, ...names] = node.inputs as [string, ...string[]];
    const before = graph.producer(x);
    if (!before || !['Conv', 'Gemm'].includes(before.opType) || !graph.readOnce(x)) return undefined;
    const [weight, bias] = [graph.constant(before.inputs[1]), graph.constant(before.inputs[2])];
    const [gamma, beta, mean, variance] = names.map((name) => graph.constant(name));
    const hasBias = before.inputs[2] !== undefined && before.inputs[2] !== '';
    const plain = before.opType === 'Conv' || before.attributes['transB'] === 1;
    if (!weight || (hasBias && !bias) || !gamma || !beta || !mean || !variance || !plain) return undefined;
    const epsilon = (node.attributes['epsilon'] as { float: number }).float;
    const rows = weight.shape[0]!;
    const factor = (scale: Float32Array, spread: Float32Array, i: number) =>
      scale[i]! / Math.sqrt(spread[i]! + epsilon);
    const folded = derivedConstant({
      shape: weight.shape,
      from: [weight, gamma, variance],
      compute: (...values) => {
        const [w, scale, spread] = values as [Float32Array, Float32Array, Float32Array];
        const length = w.length / rows;
        const out = new Float32Array(w.length);
        for (let row = 0, at = 0; row < rows; row++) {
          const by = factor(scale, spread, row);
          for (let i = 0; i < length; i++, at++) out[at] = w[at]! * by;
        }
        return out;
      },
    });
    const moved = derivedConstant({
      shape: [rows],
      from: [beta, gamma, variance, mean, ...(bias ? [bias] : [])],
      origin: bias?.origin ?? weight.origin?.replace(/weight$/, 'bias'),
      compute: (...values) => {
        const [shift, scale, spread, centre, old] = values as Float32Array[];
        return shift!.map((value, i) => value + ((old?.[i] ?? 0) - centre![i]!) * factor(scale!, spread!, i));
      },
    });
    return { ...before, inputs: [before.inputs[0]!, graph.add(folded), graph.add(moved)], outputs: node.outputs };
  });
}
