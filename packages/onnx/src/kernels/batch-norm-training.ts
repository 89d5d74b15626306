import type { GraphBuilder, GraphValue } from '../graph/graph-builder.ts';
import { sizeOf } from '../graph/shape.ts';
import { plainTerm, type Term, toPlain } from '../graph/term.ts';
import { affine } from './affine.ts';
import { floatLike } from './elementwise.ts';
import { forTypes, input, type KernelMapping, type Mappings } from './mapping.ts';
import { pointwise } from './pointwise.ts';
import { channelMeans } from './reduction.ts';

const float = ['float32'] as const;

const along = (graph: GraphBuilder, opType: string, a: GraphValue, b: GraphValue): GraphValue =>
  graph.op(opType, [a, b], a);

/** Values per channel. */
const pixelsOf = ({ shape }: Term): number => sizeOf(shape.slice(0, -1));

const negative = (graph: GraphBuilder, x: GraphValue): GraphValue => graph.op('Neg', [x], x);

/** `x` without its mean. Forward and backward name the same node, so that it is computed once. */
const centred = (graph: GraphBuilder, x: Term, mean: GraphValue): Term =>
  affine(graph, x, { offset: negative(graph, mean) });

const product = (graph: GraphBuilder, a: Term, b: Term): Term =>
  pointwise(graph, [a, b], (values, shape) => graph.op('Mul', values, { type: 'float32', shape }));

/**
 * Batch norm by the batch's own statistics, as one call: `x` `[..., c]`, `weight` and `bias` `[c]` or absent. Results:
 * normalized x, mean, biased variance, and 1 / sqrt(variance + eps); where averages over batches, `runningMean` and `runningVariance`,
 * are given, also the next ones, in which this batch has its `share`.
 */
const batchNormTraining: KernelMapping = forTypes(float, {
  infer: (call) => {
    const { type, shape } = input(call, 'x');
    const perChannel = { type, shape: [shape.at(-1)!] };
    const averages = call.inputs['runningMean'] ? [perChannel, perChannel] : [];
    return [{ type, shape }, perChannel, perChannel, perChannel, ...averages];
  },
  emit: (graph, call) => {
    const x = input(call, 'x');
    const { weight, bias } = call.inputs;
    const mean = channelMeans(graph, x);
    const shifted = centred(graph, x, mean);
    const variance = channelMeans(graph, product(graph, shifted, shifted));
    const sum = graph.op('Add', [variance, floatLike(graph, variance, call.attrs['eps'] as number)], variance);
    const inverse = graph.op('Reciprocal', [graph.op('Sqrt', [sum], sum)], sum);
    const scale = weight ? along(graph, 'Mul', inverse, toPlain(graph, weight)) : inverse;
    const y = affine(graph, shifted, { scale, offset: bias && toPlain(graph, bias) });
    const { runningMean, runningVariance } = call.inputs;
    const share = call.attrs['share'] as number;
    const count = pixelsOf(x);
    const next = (average: Term, batch: GraphValue, factor: number): Term => {
      const former = along(graph, 'Mul', toPlain(graph, average), floatLike(graph, batch, 1 - share));
      return plainTerm(along(graph, 'Add', former, along(graph, 'Mul', batch, floatLike(graph, batch, factor))));
    };
    const averages = runningMean
      ? [next(runningMean, mean, share), next(runningVariance!, variance, (share * count) / (count - 1))]
      : [];
    return [y, plainTerm(mean), plainTerm(variance), plainTerm(inverse), ...averages];
  },
});

/** Its gradients, for `dy`, `x`, and what the forward call gave: of x, weight and bias. */
const batchNormTrainingGrad: KernelMapping = forTypes(float, {
  infer: (call) => {
    const { type, shape } = input(call, 'x');
    const perChannel = { type, shape: [shape.at(-1)!] };
    return [{ type, shape }, perChannel, perChannel];
  },
  emit: (graph, call) => {
    const [x, dy] = [input(call, 'x'), input(call, 'dy')];
    const { weight } = call.inputs;
    const [mean, inverse] = [toPlain(graph, input(call, 'mean')), toPlain(graph, input(call, 'inverse'))];
    const shifted = centred(graph, x, mean);
    const count = pixelsOf(x);
    const times = (a: GraphValue, b: GraphValue) => along(graph, 'Mul', a, b);
    const total = (means: GraphValue) => times(means, floatLike(graph, means, count));
    const slope = channelMeans(graph, dy);
    const turn = times(inverse, channelMeans(graph, product(graph, dy, shifted)));
    const scale = weight ? times(inverse, toPlain(graph, weight)) : inverse;
    const varying = affine(graph, shifted, { scale: negative(graph, times(times(scale, inverse), turn)) });
    const dx = affine(graph, dy, { scale, offset: negative(graph, times(scale, slope)), sum: varying });
    return [dx, plainTerm(total(turn)), plainTerm(total(slope))];
  },
});

/** Kernels of @zoo/layers that tfjs does not have. */
export const batchNormTrainingKernels: Mappings = {
  BatchNormTraining: batchNormTraining,
  BatchNormTrainingGrad: batchNormTrainingGrad,
};
