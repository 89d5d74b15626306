import type { GraphBuilder, GraphValue } from '../graph/graph-builder.ts';
import { type Shape, sameSizes } from '../graph/shape.ts';
import {
  blockTerm,
  imageTerm,
  plainTerm,
  reshapeTerm,
  type TensorElement,
  type Term,
  toBlocks,
  toImages,
  toPlain,
} from '../graph/term.ts';
import { forTypes, input, inputList, type KernelMapping, type Mappings } from './mapping.ts';

/** `[n, h, w, c]` values in the order of `[n, c, h, w]`. */
export const channelsFirst = <T>(values: readonly T[]): T[] => [values[0]!, values[3]!, values[1]!, values[2]!];

/** A term that a computation along axes can treat channels first. */
export const isImages = (term: Term): boolean => term.images !== undefined && term.shape.length === 4;

/** A term in blocks, of which whole blocks can be taken and put together as if its channels came first. */
const isBlocks = (term: Term): term is Term & { blocks: GraphValue } =>
  term.blocks !== undefined && term.shape.length === 4;

const inBlocks = ({ options: { blockSize } }: GraphBuilder, ...channels: number[]): boolean =>
  blockSize !== undefined && channels.every((count) => count % blockSize === 0);

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
  if (
    isBlocks(term) &&
    [1, 2].every((axis) => size[axis] === term.shape[axis]) &&
    inBlocks(graph, begin[3]!, size[3]!)
  ) {
    return blockTerm(graph.slice(term.blocks, channelsFirst(begin), channelsFirst(size)), size);
  }
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
    const whole = (axis === 0 || axis === 3) && list.every(({ shape }) => inBlocks(graph, shape[3]!));
    if (whole && list.some(isBlocks)) {
      const values = list.map((term) => toBlocks(graph, term));
      const attributes = { axis: axis === 0 ? 0 : 1 };
      const output = { type: 'float32' as const, shape: channelsFirst(type!.shape) };
      return [blockTerm(graph.op('Concat', values, output, attributes), type!.shape)];
    }
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

/** Kernels that take tensors apart or put them together. */
export const pieceKernels: Mappings = Object.fromEntries(
  Object.entries({ Slice: slice, SplitV: splitV, Concat: concat, Pack: pack, Unpack: unpack }).map(
    ([name, mapping]) => [name, forTypes(['float32', 'int32', 'bool'] satisfies TensorElement[], mapping)],
  ),
);
