import type { GraphBuilder, GraphValue } from '../graph/graph-builder.ts';
import { imageTerm, type Term, toImages, toPlain } from '../graph/term.ts';
import { floatLike } from './elementwise.ts';
import { forTypes, input, type KernelCall, type KernelMapping, type Mappings } from './mapping.ts';
import { pointwise } from './pointwise.ts';

/** Scale and offset default to 1 and 0. */
function parameters(graph: GraphBuilder, call: KernelCall<Term>, channels: number): GraphValue[] {
  const filled = (value: number) => graph.constant('float32', [channels], new Array<number>(channels).fill(value));
  const { scale, offset, mean, variance } = call.inputs;
  return [
    scale ? toPlain(graph, scale) : filled(1),
    offset ? toPlain(graph, offset) : filled(0),
    toPlain(graph, mean!),
    toPlain(graph, variance!),
  ];
}

function composed(graph: GraphBuilder, call: KernelCall<Term>): Term {
  const { scale, offset, mean, variance } = call.inputs;
  const epsilon = call.attrs['varianceEpsilon'] as number;
  const same = (x: GraphValue) => ({ type: x.type, shape: x.shape });
  const inverse = pointwise(graph, [variance!], ([v]) => {
    const sum = graph.op('Add', [v, floatLike(graph, v!, epsilon)], same(v!));
    return graph.op('Reciprocal', [graph.op('Sqrt', [sum], same(v!))], same(v!));
  });
  const times = (a: Term, b: Term, opType: string) =>
    pointwise(graph, [a, b], (values, shape) => graph.op(opType, values, { type: 'float32', shape }));
  const factor = scale ? times(inverse, scale, 'Mul') : inverse;
  const scaled = times(times(input(call, 'x'), mean!, 'Sub'), factor, 'Mul');
  return offset ? times(scaled, offset, 'Add') : scaled;
}

const fusedBatchNorm: KernelMapping = forTypes(['float32'], {
  infer: (call) => [input(call, 'x')],
  emit: (graph, call) => {
    const x = input(call, 'x');
    const { scale, offset, mean, variance } = call.inputs;
    const perChannel = [scale, offset, mean, variance].every((term) => !term || term.shape.length === 1);
    if (!perChannel || x.shape.length !== 4) return [composed(graph, call)];
    const images = toImages(graph, x);
    const inputs = [images, ...parameters(graph, call, x.shape[3]!)];
    const epsilon = { float: call.attrs['varianceEpsilon'] as number };
    return [imageTerm(graph.op('BatchNormalization', inputs, images, { epsilon }), x.shape)];
  },
});

/** Kernels of normalization. */
export const normalizeKernels: Mappings = { FusedBatchNorm: fusedBatchNorm };
