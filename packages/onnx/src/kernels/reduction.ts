import type { GraphBuilder, GraphValue } from '../graph/graph-builder.ts';
import { type Shape, sizeOf, toAxes } from '../graph/shape.ts';
import { blockDomain, plainTerm, type TensorElement, type Term, toPlain } from '../graph/term.ts';
import { forTypes, input, type KernelCall, type KernelMapping, type Mappings } from './mapping.ts';

type Reduce = (graph: GraphBuilder, x: GraphValue, axes: readonly number[]) => GraphValue;

const without = (shape: Shape, axes: readonly number[]): number[] => shape.filter((_, axis) => !axes.includes(axis));

const kept = (shape: Shape, axes: readonly number[]): number[] =>
  shape.map((size, axis) => (axes.includes(axis) ? 1 : size));

/** ReduceSum takes its axes as an input, the others as an attribute (opset 17). */
const reduceBy = (opType: string): Reduce => {
  return (graph, x, axes) => {
    const output = { type: x.type, shape: without(x.shape, axes) };
    if (axes.length === 0) return x;
    if (opType === 'ReduceSum') return graph.op(opType, [x, graph.ints(axes)], output, { keepdims: 0 });
    return graph.op(opType, [x], output, { axes, keepdims: 0 });
  };
};

/** The extreme, or NaN where there is one among the values: ONNX Runtime passes it over. */
const extreme = (opType: string): Reduce => {
  const reduce = reduceBy(opType);
  return (graph, x, axes) => {
    const found = reduce(graph, x, axes);
    if (x.type !== 'float32' || axes.length === 0) return found;
    const flags = graph.cast(graph.op('IsNaN', [x], { type: 'bool', shape: x.shape }), 'float32');
    const zero = graph.scalar('float32', 0);
    const any = graph.op('Greater', [reduceBy('ReduceMax')(graph, flags, axes), zero], {
      type: 'bool',
      shape: found.shape,
    });
    return graph.op('Where', [any, graph.scalar('float32', Number.NaN), found], found);
  };
};

export const reduceSum: Reduce = reduceBy('ReduceSum');

/**
 * The term without `axes`, reduced along rows first, which keeps rounding errors small; undefined where it is not in blocks, or
 * where the order of what is left would differ.
 */
function reduceBlocks(
  graph: GraphBuilder,
  { shape, blocks }: Term,
  axes: readonly number[],
  reduce: Reduce,
): GraphValue | undefined {
  if (!blocks) return undefined;
  const wanted = shape.length === 2 ? (axes.join() === '0' ? '0,1,2' : '') : axes.join();
  if (wanted !== '1,2' && wanted !== '0,1,2') return undefined;
  const [n, c, h, w] = blocks.shape as [number, number, number, number];
  const block = graph.options.blockSize!;
  const rows = reduce(graph, graph.reshape(blocks, [n * (c / block) * h, w, block]), [1]);
  const pixels = reduce(graph, graph.reshape(rows, [n, c / block, h, block]), [2]);
  return wanted === '1,2' ? pixels : reduce(graph, graph.reshape(pixels, [n, c]), [0]);
}

/** Pixels that may be added up one after the other without losing digits. */
const fewPixels = 64;

/** The mean of every channel (last axis), `[c]`. */
export function channelMeans(graph: GraphBuilder, x: Term): GraphValue {
  const { blocks, shape } = x;
  const c = shape.at(-1)!;
  if (!blocks) {
    const axes = shape.slice(0, -1).map((_, axis) => axis);
    return toPlain(graph, reduceTerm(graph, x, { axes, shape: [c], reduce: reduceBy('ReduceMean') }));
  }
  const [n, , h, w] = blocks.shape as [number, number, number, number];
  if (h * w <= fewPixels) {
    const means = graph.op('GlobalAveragePool', [blocks], { type: 'float32', shape: [n, c, 1, 1] }, {}, blockDomain);
    return reduceBy('ReduceMean')(graph, means, [0, 2, 3]);
  }
  // Every row of a block is an image of one line to the node that averages fastest.
  const block = graph.options.blockSize!;
  const lines = n * (c / block) * h;
  const means = graph.op(
    'GlobalAveragePool',
    [graph.reshape(blocks, [lines, block, 1, w])],
    { type: 'float32', shape: [lines, block, 1, 1] },
    {},
    blockDomain,
  );
  const images = reduceBy('ReduceMean')(graph, graph.reshape(means, [n, c / block, h, block]), [2]);
  return reduceBy('ReduceMean')(graph, graph.reshape(images, [n, c]), [0]);
}

/** The axes of a channels-first term that mean `axes` of the term; undefined where the order of what is left would differ. */
function axesOfImages({ shape, images }: Term, axes: readonly number[]): number[] | undefined {
  if (!images) return undefined;
  if (shape.length === 2) return axes.length === 1 && axes[0] === 0 ? [0, 2, 3] : undefined;
  const left = [0, 1, 2, 3].filter((axis) => !axes.includes(axis));
  const spatial = left.includes(1) || left.includes(2);
  if (left.includes(3) && spatial) return undefined;
  return axes.map((axis) => [0, 2, 3, 1][axis]!).sort((a, b) => a - b);
}

/**
 * ONNX Runtime adds up leading axes one row after the other, so that rounding errors grow with their number; two shorter
 * steps keep them small.
 */
function reduceInSteps(graph: GraphBuilder, x: GraphValue, axes: readonly number[], reduce: Reduce): GraphValue {
  const leading = axes.length < x.shape.length && axes.every((axis, i) => axis === i);
  const rows = sizeOf(x.shape.slice(0, axes.length));
  const rest = x.shape.slice(axes.length);
  if (!leading || rows < 256 || x.type !== 'float32') return reduce(graph, x, axes);
  let group = Math.floor(Math.sqrt(rows));
  while (rows % group !== 0) group--;
  if (group < 8) return reduce(graph, x, axes);
  const parts = graph.reshape(x, [group, rows / group, ...rest]);
  return reduce(graph, reduce(graph, parts, [1]), [0]);
}

/** The term without `axes`; those stay as size 1 where `shape` keeps them. */
function reduceTerm(
  graph: GraphBuilder,
  term: Term,
  { axes, shape, reduce }: { axes: readonly number[]; shape: Shape; reduce: Reduce },
): Term {
  const imageAxes = axesOfImages(term, axes);
  const fromBlocks = reduceBlocks(graph, term, axes, reduce);
  if (fromBlocks) return plainTerm(graph.reshape(fromBlocks, shape));
  const reduced = imageAxes
    ? reduce(graph, term.images!, imageAxes)
    : reduceInSteps(graph, toPlain(graph, term), axes, reduce);
  return plainTerm(graph.reshape(reduced, shape));
}

function axesOf(call: KernelCall<{ shape: Shape }>, name = 'axis'): number[] {
  const x = input(call, 'x');
  return toAxes((call.attrs[name] ?? call.attrs['axis']) as number | number[] | undefined, x.shape.length);
}

function reduction(
  types: readonly TensorElement[],
  reduce: Reduce,
  { axis, result }: { axis?: string; result?: TensorElement } = {},
): KernelMapping {
  return forTypes(types, {
    infer: (call) => {
      const { type, shape } = input(call, 'x');
      const axes = axesOf(call, axis);
      return [{ type: result ?? type, shape: call.attrs['keepDims'] ? kept(shape, axes) : without(shape, axes) }];
    },
    emit: (graph, call, [type]) => [
      reduceTerm(graph, input(call, 'x'), { axes: axesOf(call, axis), shape: type!.shape, reduce }),
    ],
  });
}

const boolean = (opType: string): Reduce => {
  const reduce = reduceBy(opType);
  return (graph, x, axes) => graph.cast(reduce(graph, graph.cast(x, 'int32'), axes), 'bool');
};

/** As in tfjs, NaN is never the extreme. */
function withoutNaN(graph: GraphBuilder, x: GraphValue, worst: number): GraphValue {
  if (x.type !== 'float32') return x;
  const flags = graph.op('IsNaN', [x], { type: 'bool', shape: x.shape });
  return graph.op('Where', [flags, graph.scalar('float32', worst), x], x);
}

/** Position of the extreme along one axis. */
function argument(opType: string, worst: number): KernelMapping {
  return forTypes(['float32', 'int32'], {
    infer: (call) => {
      const { shape } = input(call, 'x');
      return [{ type: 'int32', shape: without(shape, axesOf(call)) }];
    },
    emit: (graph, call, [type]) => {
      const axes = axesOf(call);
      const x = withoutNaN(graph, toPlain(graph, input(call, 'x')), worst);
      if (axes.length === 0) return [plainTerm(graph.constant('int32', [], [0]))];
      const index = graph.op(opType, [x], { type: 'int64', shape: type!.shape }, { axis: axes[0]!, keepdims: 0 });
      return [plainTerm(graph.cast(index, 'int32'))];
    },
  });
}

const cumsum: KernelMapping = forTypes(['float32', 'int32'], {
  infer: (call) => [input(call, 'x')],
  emit: (graph, call) => {
    const x = toPlain(graph, input(call, 'x'));
    const { axis, exclusive, reverse } = call.attrs as { axis: number; exclusive?: boolean; reverse?: boolean };
    const attributes = { exclusive: exclusive ? 1 : 0, reverse: reverse ? 1 : 0 };
    const at = graph.constant('int64', [], [axis < 0 ? axis + x.shape.length : axis]);
    return [plainTerm(graph.op('CumSum', [x, at], { type: x.type, shape: x.shape }, attributes))];
  },
});

const softmax: KernelMapping = forTypes(['float32'], {
  infer: (call) => [input(call, 'logits')],
  emit: (graph, call) => {
    const x = toPlain(graph, input(call, 'logits'));
    const dim = call.attrs['dim'] as number;
    const axis = dim < 0 ? dim + x.shape.length : dim;
    return [plainTerm(graph.op('Softmax', [x], { type: x.type, shape: x.shape }, { axis }))];
  },
});

const numbers = ['float32', 'int32'] as const;

/** Kernels that combine elements along axes. */
export const reductionKernels: Mappings = {
  Sum: reduction(numbers, reduceSum),
  Mean: reduction(['float32'], reduceBy('ReduceMean')),
  Max: reduction(numbers, extreme('ReduceMax'), { axis: 'reductionIndices' }),
  Min: reduction(numbers, extreme('ReduceMin')),
  Prod: reduction(numbers, reduceBy('ReduceProd')),
  All: reduction(['bool'], boolean('ReduceMin')),
  Any: reduction(['bool'], boolean('ReduceMax')),
  ArgMax: argument('ArgMax', Number.NEGATIVE_INFINITY),
  ArgMin: argument('ArgMin', Number.POSITIVE_INFINITY),
  Cumsum: cumsum,
  Softmax: softmax,
};
