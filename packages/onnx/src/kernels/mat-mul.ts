import type { GraphBuilder, GraphValue } from '../graph/graph-builder.ts';
import { broadcastShapes, fittingShape, type Shape } from '../graph/shape.ts';
import { plainTerm, type Term, toPlain } from '../graph/term.ts';
import { biasAndActivation, fusedActivations } from './activation.ts';
import { forTypes, input, type KernelCall, type KernelMapping, type Mappings } from './mapping.ts';

interface Flags {
  transposeA?: boolean;
  transposeB?: boolean;
}

const swapped = (shape: Shape): number[] => [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!];

const swapLast = (graph: GraphBuilder, x: GraphValue): GraphValue => {
  const axes = x.shape.map((_, axis) => axis);
  return graph.transpose(x, [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!]);
};

function productShape(a: Shape, b: Shape, { transposeA, transposeB }: Flags): number[] {
  const [left, right] = [transposeA ? swapped(a) : a, transposeB ? swapped(b) : b];
  return [...broadcastShapes([left.slice(0, -2), right.slice(0, -2)]), left.at(-2)!, right.at(-1)!];
}

/** `a b` of matrices or of stacks of them. */
export function matMul(graph: GraphBuilder, a: GraphValue, b: GraphValue, flags: Flags = {}): GraphValue {
  const output = { type: a.type, shape: productShape(a.shape, b.shape, flags) };
  const { transposeA, transposeB } = flags;
  if (!transposeA && !transposeB) return graph.op('MatMul', [a, b], output);
  if (a.shape.length === 2 && b.shape.length === 2 && a.type === 'float32') {
    return graph.op('Gemm', [a, b], output, { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 });
  }
  return graph.op('MatMul', [transposeA ? swapLast(graph, a) : a, transposeB ? swapLast(graph, b) : b], output);
}

const product = (graph: GraphBuilder, call: KernelCall<Term>): Term =>
  plainTerm(matMul(graph, toPlain(graph, input(call, 'a')), toPlain(graph, input(call, 'b')), call.attrs));

const infer: KernelMapping['infer'] = (call) => {
  const [a, b] = [input(call, 'a'), input(call, 'b')];
  if (a.type !== b.type || a.shape.length < 2 || b.shape.length < 2) return undefined;
  const { transposeA, transposeB } = call.attrs as Flags;
  const inner = [a.shape.at(transposeA ? -2 : -1), b.shape.at(transposeB ? -1 : -2)];
  if (inner[0] !== inner[1] || !fittingShape([a.shape.slice(0, -2), b.shape.slice(0, -2)])) return undefined;
  const { activation } = call.attrs as { activation?: string };
  if (activation && !fusedActivations.includes(activation)) return undefined;
  return [{ type: a.type, shape: productShape(a.shape, b.shape, call.attrs) }];
};

/** Kernels of matrix products. */
export const matMulKernels: Mappings = {
  BatchMatMul: forTypes(['float32', 'int32'], { infer, emit: (graph, call) => [product(graph, call)] }),
  _FusedMatMul: forTypes(['float32'], {
    infer,
    emit: (graph, call) => [biasAndActivation(graph, product(graph, call), call)],
  }),
};
