import type { GraphBuilder, GraphValue } from '../graph/graph-builder.ts';
import { type Shape, sameSizes, sizeOf } from '../graph/shape.ts';
import { plainTerm, toPlain } from '../graph/term.ts';
import { forTypes, input, type KernelMapping, type Mappings } from './mapping.ts';
import { pointwise } from './pointwise.ts';

const select: KernelMapping = {
  infer: (call) => {
    const [condition, yes, no] = [input(call, 'condition'), input(call, 't'), input(call, 'e')];
    if (condition.type !== 'bool' || yes.type !== no.type || yes.type === 'bool') return undefined;
    return sameSizes(condition.shape, yes.shape) ? [{ type: yes.type, shape: yes.shape }] : undefined;
  },
  emit: (graph, call, [type]) => [
    pointwise(graph, [input(call, 'condition'), input(call, 't'), input(call, 'e')], (values, shape) =>
      graph.op('Where', values, { type: type!.type, shape }),
    ),
  ],
};

const gather: KernelMapping = {
  infer: (call) => {
    const [x, indices] = [input(call, 'x'), input(call, 'indices')];
    if (indices.type !== 'int32') return undefined;
    const { at, batchDims } = gatherAxes(call.attrs, x.shape);
    const batch = x.shape.slice(0, batchDims);
    if (batchDims < 0 || at < batchDims || !sameSizes(indices.shape.slice(0, batchDims), batch)) return undefined;
    const picked = indices.shape.slice(batchDims);
    return [{ type: x.type, shape: [...x.shape.slice(0, at), ...picked, ...x.shape.slice(at + 1)] }];
  },
  emit: (graph, call, [type]) => {
    const x = toPlain(graph, input(call, 'x'));
    const indices = toPlain(graph, input(call, 'indices'));
    const { at, batchDims } = gatherAxes(call.attrs, x.shape);
    if (batchDims > 0)
      return [plainTerm(graph.reshape(gatherInBatches(graph, x, indices, at, batchDims), type!.shape))];
    return [plainTerm(graph.op('Gather', [x, indices], { type: x.type, shape: type!.shape }, { axis: at }))];
  },
};

function gatherAxes(attrs: Readonly<Record<string, unknown>>, shape: Shape): { at: number; batchDims: number } {
  const { axis, batchDims = 0 } = attrs as { axis: number; batchDims?: number };
  return { at: axis < 0 ? axis + shape.length : axis, batchDims };
}

/** `[batch, outer, picked, rest]`: each batch picks along the axis by indices of its own. */
function gatherInBatches(graph: GraphBuilder, x: GraphValue, indices: GraphValue, at: number, batchDims: number) {
  const batch = sizeOf(x.shape.slice(0, batchDims));
  const outer = sizeOf(x.shape.slice(batchDims, at));
  const rest = sizeOf(x.shape.slice(at + 1));
  const picked = sizeOf(indices.shape.slice(batchDims));
  const rows = graph.transpose(graph.reshape(x, [batch, outer, x.shape[at]!, rest]), [0, 2, 1, 3]);
  const places = graph.reshape(graph.cast(indices, 'int64'), [batch, picked, 1]);
  const type = { type: x.type, shape: [batch, picked, outer, rest] };
  return graph.transpose(graph.op('GatherND', [rows, places], type, { batch_dims: 1 }), [0, 2, 1, 3]);
}

const gatherNd: KernelMapping = {
  infer: (call) => {
    const [x, indices] = [input(call, 'params'), input(call, 'indices')];
    const depth = indices.shape.at(-1)!;
    const rank = x.shape.length;
    if (indices.type !== 'int32' || indices.shape.length === 0 || depth === 0 || depth > rank) return undefined;
    return [{ type: x.type, shape: [...indices.shape.slice(0, -1), ...x.shape.slice(depth)] }];
  },
  emit: (graph, call, [type]) => {
    const x = toPlain(graph, input(call, 'params'));
    const indices = graph.cast(toPlain(graph, input(call, 'indices')), 'int64');
    return [plainTerm(graph.op('GatherND', [x, indices], { type: x.type, shape: type!.shape }))];
  },
};

/** Whether each index is each class: `[..., depth]`. */
function isClass(graph: GraphBuilder, indices: GraphValue, depth: number): GraphValue {
  const column = graph.reshape(indices, [...indices.shape, 1]);
  const classes = graph.constant(
    'int32',
    [depth],
    Array.from({ length: depth }, (_, i) => i),
  );
  return graph.op('Equal', [column, classes], { type: 'bool', shape: [...indices.shape, depth] });
}

const oneHot: KernelMapping = {
  infer: ({ inputs, attrs }) => {
    const { type, shape } = inputs['indices']!;
    const dtype = attrs['dtype'] as string;
    if (type !== 'int32' || (dtype !== 'float32' && dtype !== 'int32')) return undefined;
    return [{ type: dtype, shape: [...shape, attrs['depth'] as number] }];
  },
  emit: (graph, call, [type]) => {
    const { depth, onValue, offValue } = call.attrs as { depth: number; onValue: number; offValue: number };
    const chosen = isClass(graph, toPlain(graph, input(call, 'indices')), depth);
    if (onValue === 1 && offValue === 0) return [plainTerm(graph.cast(chosen, type!.type))];
    const [on, off] = [graph.scalar(type!.type, onValue), graph.scalar(type!.type, offValue)];
    return [plainTerm(graph.op('Where', [chosen, on, off], { type: type!.type, shape: type!.shape }))];
  },
};

/** Adds updates into zeros, as tfjs does for repeated indices. */
const scatterNd: KernelMapping = {
  infer: (call) => {
    const [indices, updates] = [input(call, 'indices'), input(call, 'updates')];
    const shape = call.attrs['shape'] as number[];
    if (indices.type !== 'int32' || updates.type === 'bool' || indices.shape.length === 0) return undefined;
    const depth = indices.shape.length === 1 ? 1 : indices.shape.at(-1)!;
    const rows = indices.shape.length === 1 ? indices.shape : indices.shape.slice(0, -1);
    const fits = depth <= shape.length && sameSizes(updates.shape, [...rows, ...shape.slice(depth)]);
    return fits ? [{ type: updates.type, shape }] : undefined;
  },
  emit: (graph, call, [type]) => {
    const updates = toPlain(graph, input(call, 'updates'));
    const places = toPlain(graph, input(call, 'indices'));
    // A vector of indices means rows.
    const columns = places.shape.length === 1 ? graph.reshape(places, [...places.shape, 1]) : places;
    const indices = graph.cast(columns, 'int64');
    const zeros = graph.expand(graph.scalar(type!.type, 0), type!.shape);
    const output = { type: type!.type, shape: type!.shape };
    return [plainTerm(graph.op('ScatterND', [zeros, indices, updates], output, { reduction: 'add' }))];
  },
};

const segmentSum: KernelMapping = {
  infer: (call) => {
    const [x, ids] = [input(call, 'x'), input(call, 'segmentIds')];
    if (ids.type !== 'int32' || x.type === 'bool' || ids.shape.length !== 1) return undefined;
    return [{ type: x.type, shape: [call.attrs['numSegments'] as number, ...x.shape.slice(1)] }];
  },
  emit: (graph, call, [type]) => {
    const x = toPlain(graph, input(call, 'x'));
    const { shape } = type!;
    const ids = toPlain(graph, input(call, 'segmentIds'));
    // Ids outside the range, also negative ones, are dropped: they go to one more segment.
    const limit = graph.scalar('int32', shape[0]!);
    const at = (opType: string, other: GraphValue) =>
      graph.op(opType, [ids, other], { type: 'bool', shape: ids.shape });
    const valid = graph.op('And', [at('Less', limit), at('GreaterOrEqual', graph.scalar('int32', 0))], {
      type: 'bool',
      shape: ids.shape,
    });
    const kept = graph.op('Where', [valid, ids, limit], { type: 'int32', shape: ids.shape });
    const indices = graph.reshape(graph.cast(kept, 'int64'), [sizeOf(ids.shape), 1]);
    const room = [shape[0]! + 1, ...shape.slice(1)];
    const zeros = graph.expand(graph.scalar(x.type, 0), room);
    const sums = graph.op('ScatterND', [zeros, indices, x], { type: x.type, shape: room }, { reduction: 'add' });
    return [
      plainTerm(
        graph.slice(
          sums,
          room.map(() => 0),
          shape,
        ),
      ),
    ];
  },
};

const topK: KernelMapping = forTypes(['float32', 'int32'], {
  infer: (call) => {
    const { type, shape } = input(call, 'x');
    const k = call.attrs['k'] as number;
    if (shape.length === 0 || k === 0) return undefined;
    const result = [...shape.slice(0, -1), k];
    return [
      { type, shape: result },
      { type: 'int32', shape: result },
    ];
  },
  emit: (graph, call, [values]) => {
    const x = toPlain(graph, input(call, 'x'));
    const types = [values!, { type: 'int64' as const, shape: values!.shape }];
    const [top, indices] = graph.ops('TopK', [x, graph.ints([call.attrs['k'] as number])], types, { axis: -1 });
    return [plainTerm(top!), plainTerm(graph.cast(indices!, 'int32'))];
  },
});

/** Kernels that pick or place elements by index or condition. */
export const indexKernels: Mappings = {
  Select: select,
  GatherV2: gather,
  GatherNd: gatherNd,
  OneHot: oneHot,
  ScatterNd: scatterNd,
  UnsortedSegmentSum: segmentSum,
  TopK: topK,
};
