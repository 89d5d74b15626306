import type { GraphBuilder, GraphValue } from '../graph/graph-builder.ts';
import { type Shape, sameSizes, sizeOf, toAxes } from '../graph/shape.ts';
import {
  broadcastTerm,
  imageTerm,
  plainTerm,
  reshapeTerm,
  type TensorElement,
  type Term,
  toImages,
  toPlain,
} from '../graph/term.ts';
import { floatLike } from './elementwise.ts';
import { forTypes, input, inputList, type KernelMapping, type Mappings } from './mapping.ts';

const all = ['float32', 'int32', 'bool'] as const;

/** `[n, h, w, c]` values in the order of `[n, c, h, w]`. */
const channelsFirst = <T>(values: readonly T[]): T[] => [values[0]!, values[3]!, values[1]!, values[2]!];

/** A term that a computation along axes can treat channels first. */
const isImages = (term: Term): boolean => term.images !== undefined && term.shape.length === 4;

const identity: KernelMapping = {
  infer: (call) => [input(call, 'x')],
  emit: (_, call) => [input(call, 'x')],
};

const reshape: KernelMapping = {
  infer: ({ inputs, attrs }) => {
    const { type, shape } = inputs['x']!;
    const wanted = attrs['shape'] as Shape;
    const known = sizeOf(wanted.filter((size) => size !== -1));
    return [{ type, shape: wanted.map((size) => (size === -1 ? sizeOf(shape) / known : size)) }];
  },
  emit: (graph, call, [type]) => [reshapeTerm(graph, input(call, 'x'), type!.shape)],
};

const expandDims: KernelMapping = {
  infer: ({ inputs, attrs }) => {
    const { type, shape } = inputs['input']!;
    const dim = attrs['dim'] as number;
    const at = dim < 0 ? shape.length + 1 + dim : dim;
    return [{ type, shape: [...shape.slice(0, at), 1, ...shape.slice(at)] }];
  },
  emit: (graph, call, [type]) => [reshapeTerm(graph, input(call, 'input'), type!.shape)],
};

const transpose: KernelMapping = {
  infer: ({ inputs, attrs }) => {
    const { type, shape } = inputs['x']!;
    return [{ type, shape: (attrs['perm'] as number[]).map((axis) => shape[axis]!) }];
  },
  emit: (graph, call, [type]) => {
    const x = input(call, 'x');
    const perm = call.attrs['perm'] as number[];
    if (isImages(x) && !x.plain) {
      const sources = perm.map((axis) => [0, 2, 3, 1][axis]!);
      return [plainTerm(graph.transpose(x.images!, sources))];
    }
    const plain = toPlain(graph, x);
    // An input that comes channels first, as exported nets have it, may stay so.
    if (perm.join() === '0,2,3,1' && !graph.producer(plain)) return [imageTerm(plain, type!.shape)];
    return [plainTerm(graph.transpose(plain, perm))];
  },
};

/** Begin and size of a slice, with tfjs's -1 for "to the end". */
function sliceBounds(shape: Shape, attrs: Readonly<Record<string, unknown>>): { begin: number[]; size: number[] } {
  const begin = [attrs['begin'] as number | number[]].flat();
  while (begin.length < shape.length) begin.push(0);
  const given =
    attrs['size'] === undefined || attrs['size'] === null ? [] : [attrs['size'] as number | number[]].flat();
  const size = shape.map((extent, axis) => {
    const wanted = given[axis] ?? -1;
    return wanted === -1 ? extent - begin[axis]! : wanted;
  });
  return { begin, size };
}

/** A slice of the term, in the form it has. */
function sliceTerm(graph: GraphBuilder, term: Term, begin: readonly number[], size: readonly number[]): Term {
  if (!isImages(term)) return plainTerm(graph.slice(toPlain(graph, term), begin, size));
  return imageTerm(graph.slice(term.images!, channelsFirst(begin), channelsFirst(size)), size);
}

const slice: KernelMapping = {
  infer: ({ inputs, attrs }) => {
    const { type, shape } = inputs['x']!;
    const { begin, size } = sliceBounds(shape, attrs);
    const inside = size.every(
      (extent, axis) => begin[axis]! >= 0 && extent >= 0 && begin[axis]! + extent <= shape[axis]!,
    );
    return inside ? [{ type, shape: size }] : undefined;
  },
  emit: (graph, call) => {
    const x = input(call, 'x');
    const { begin, size } = sliceBounds(x.shape, call.attrs);
    return [sliceTerm(graph, x, begin, size)];
  },
};

const splitSizes = (shape: Shape, attrs: Readonly<Record<string, unknown>>): { axis: number; sizes: number[] } => {
  const given = attrs['axis'] as number;
  const axis = given < 0 ? given + shape.length : given;
  const wanted = attrs['numOrSizeSplits'] as number | number[];
  if (typeof wanted === 'number') {
    return { axis, sizes: Array.from({ length: wanted }, () => shape[axis]! / wanted) };
  }
  const known = wanted.filter((size) => size !== -1).reduce((sum, size) => sum + size, 0);
  return { axis, sizes: wanted.map((size) => (size === -1 ? shape[axis]! - known : size)) };
};

const splitV: KernelMapping = {
  infer: ({ inputs, attrs }) => {
    const { type, shape } = inputs['x']!;
    const { axis, sizes } = splitSizes(shape, attrs);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    if (total !== shape[axis] || sizes.some((size) => !Number.isInteger(size) || size < 0)) return undefined;
    return sizes.map((size) => ({ type, shape: shape.map((extent, i) => (i === axis ? size : extent)) }));
  },
  emit: (graph, call, types) => {
    const x = input(call, 'x');
    const { axis, sizes } = splitSizes(x.shape, call.attrs);
    let start = 0;
    return sizes.map((size, i) => {
      const begin = x.shape.map((_, a) => (a === axis ? start : 0));
      start += size;
      return sliceTerm(graph, x, begin, types[i]!.shape);
    });
  },
};

const concat: KernelMapping = {
  infer: (call) => {
    const list = inputList(call);
    const [first] = list;
    const given = call.attrs['axis'] as number;
    const axis = given < 0 ? given + first!.shape.length : given;
    const fits = list.every(
      ({ type, shape }) =>
        type === first!.type &&
        shape.length === first!.shape.length &&
        shape.every((size, i) => i === axis || size === first!.shape[i]),
    );
    if (!fits) return undefined;
    const total = list.reduce((sum, { shape }) => sum + shape[axis]!, 0);
    return [{ type: first!.type, shape: first!.shape.map((size, i) => (i === axis ? total : size)) }];
  },
  emit: (graph, call, [type]) => {
    const list = inputList(call);
    const given = call.attrs['axis'] as number;
    const axis = given < 0 ? given + type!.shape.length : given;
    if (list.length === 1) return [list[0]!];
    if (list.some(isImages)) {
      const values = list.map((term) => toImages(graph, term));
      const shape = channelsFirst(type!.shape);
      return [
        imageTerm(graph.op('Concat', values, { type: type!.type, shape }, { axis: [0, 2, 3, 1][axis]! }), type!.shape),
      ];
    }
    return [plainTerm(concatPlain(graph, list, type!.shape, axis))];
  },
};

function concatPlain(graph: GraphBuilder, list: readonly Term[], shape: Shape, axis: number): GraphValue {
  const values = list.map((term) => toPlain(graph, term));
  return graph.op('Concat', values, { type: values[0]!.type, shape }, { axis });
}

const pack: KernelMapping = {
  infer: (call) => {
    const list = inputList(call);
    const { type, shape } = list[0]!;
    if (list.some((other) => other.type !== type || !sameSizes(other.shape, shape))) return undefined;
    const axis = packAxis(call.attrs, shape.length + 1);
    return [{ type, shape: [...shape.slice(0, axis), list.length, ...shape.slice(axis)] }];
  },
  emit: (graph, call, [type]) => {
    const axis = packAxis(call.attrs, type!.shape.length);
    const one = type!.shape.map((size, i) => (i === axis ? 1 : size));
    const list = inputList(call).map((term) => reshapeTerm(graph, term, one));
    return [list.length === 1 ? list[0]! : plainTerm(concatPlain(graph, list, type!.shape, axis))];
  },
};

const packAxis = (attrs: Readonly<Record<string, unknown>>, rank: number): number => {
  const axis = attrs['axis'] as number;
  return axis < 0 ? axis + rank : axis;
};

const unpack: KernelMapping = {
  infer: ({ inputs, attrs }) => {
    const { type, shape } = inputs['value']!;
    const axis = packAxis(attrs, shape.length);
    return Array.from({ length: shape[axis]! }, () => ({ type, shape: shape.filter((_, i) => i !== axis) }));
  },
  emit: (graph, call, types) => {
    const x = input(call, 'value');
    const axis = packAxis(call.attrs, x.shape.length);
    const size = x.shape.map((extent, i) => (i === axis ? 1 : extent));
    return types.map(({ shape }, at) => {
      const begin = x.shape.map((_, i) => (i === axis ? at : 0));
      return reshapeTerm(graph, sliceTerm(graph, x, begin, size), shape);
    });
  },
};

const padded = (shape: Shape, paddings: ReadonlyArray<readonly [number, number]>): number[] =>
  shape.map((size, axis) => size + paddings[axis]![0] + paddings[axis]![1]);

/** ONNX's `pads`: what goes before every axis, then what goes after. */
const padList = (paddings: ReadonlyArray<readonly [number, number]>): number[] => [
  ...paddings.map(([before]) => before),
  ...paddings.map(([, after]) => after),
];

function pad(mode: (attrs: Readonly<Record<string, unknown>>) => string | undefined): KernelMapping {
  return {
    infer: ({ inputs, attrs }) => {
      const { type, shape } = inputs['x']!;
      if (mode(attrs) === undefined) return undefined;
      return [{ type, shape: padded(shape, attrs['paddings'] as Array<[number, number]>) }];
    },
    emit: (graph, call, [type]) => {
      const x = input(call, 'x');
      const paddings = call.attrs['paddings'] as Array<[number, number]>;
      const attributes = { mode: mode(call.attrs)! };
      const run = (value: GraphValue, along: ReadonlyArray<readonly [number, number]>) => {
        const filler =
          attributes.mode === 'constant' ? [floatLike(graph, value, (call.attrs['constantValue'] as number) ?? 0)] : [];
        const inputs = [value, graph.ints(padList(along)), ...filler];
        return graph.op('Pad', inputs, { type: value.type, shape: padded(value.shape, along) }, attributes);
      };
      if (isImages(x)) return [imageTerm(run(x.images!, channelsFirst(paddings)), type!.shape)];
      return [plainTerm(run(toPlain(graph, x), paddings))];
    },
  };
}

const tile: KernelMapping = {
  infer: ({ inputs, attrs }) => {
    const { type, shape } = inputs['x']!;
    return [{ type, shape: shape.map((size, axis) => size * (attrs['reps'] as number[])[axis]!) }];
  },
  emit: (graph, call, [type]) => {
    const x = toPlain(graph, input(call, 'x'));
    const reps = call.attrs['reps'] as number[];
    if (reps.every((times, axis) => times === 1 || x.shape[axis] === 1))
      return [plainTerm(graph.expand(x, type!.shape))];
    return [plainTerm(graph.op('Tile', [x, graph.ints(reps)], { type: x.type, shape: type!.shape }))];
  },
};

const broadcastTo: KernelMapping = {
  infer: ({ inputs, attrs }) => [{ type: inputs['x']!.type, shape: attrs['shape'] as number[] }],
  emit: (_, call, [type]) => [broadcastTerm(input(call, 'x'), type!.shape)],
};

const filled = (value: number): KernelMapping => ({
  infer: (call) => [input(call, 'x')],
  emit: (graph, _, [type]) => [broadcastTerm(plainTerm(graph.scalar(type!.type, value)), type!.shape, value)],
});

const reverse: KernelMapping = forTypes(['float32', 'int32'], {
  infer: (call) => {
    const x = input(call, 'x');
    const axes = toAxes(call.attrs['dims'] as number | number[] | undefined, x.shape.length);
    return axes.every((axis) => Number.isInteger(axis) && axis >= 0 && axis < x.shape.length) ? [x] : undefined;
  },
  emit: (graph, call) => {
    const x = toPlain(graph, input(call, 'x'));
    const axes = toAxes(call.attrs['dims'] as number | number[] | undefined, x.shape.length);
    if (axes.length === 0) return [plainTerm(x)];
    const filledWith = (value: number) => graph.ints(axes.map(() => value));
    const inputs = [x, filledWith(-1), filledWith(-(2 ** 31)), graph.ints(axes), filledWith(-1)];
    return [plainTerm(graph.op('Slice', inputs, { type: x.type, shape: x.shape }))];
  },
});

/** Kernels that only move elements. */
export const arrangeKernels: Mappings = Object.fromEntries(
  Object.entries({
    Identity: identity,
    Reshape: reshape,
    ExpandDims: expandDims,
    Transpose: transpose,
    Slice: slice,
    SplitV: splitV,
    Concat: concat,
    Pack: pack,
    Unpack: unpack,
    PadV2: pad(() => 'constant'),
    MirrorPad: pad((attrs) => (attrs['mode'] === 'reflect' ? 'reflect' : undefined)),
    Tile: tile,
    BroadcastTo: broadcastTo,
    ZerosLike: filled(0),
    OnesLike: filled(1),
    Reverse: reverse,
  }).map(([name, mapping]) => [name, forTypes(all as readonly TensorElement[], mapping)]),
);
