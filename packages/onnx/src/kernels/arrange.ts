import type { GraphValue } from '../graph/graph-builder.ts';
import { type Shape, sizeOf, toAxes } from '../graph/shape.ts';
import { broadcastTerm, imageTerm, plainTerm, reshapeTerm, type TensorElement, toPlain } from '../graph/term.ts';
import { floatLike } from './elementwise.ts';
import { forTypes, input, type KernelMapping, type Mappings } from './mapping.ts';
import { channelsFirst, isImages } from './pieces.ts';

const all = ['float32', 'int32', 'bool'] as const;

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
    PadV2: pad(() => 'constant'),
    MirrorPad: pad((attrs) => (attrs['mode'] === 'reflect' ? 'reflect' : undefined)),
    Tile: tile,
    BroadcastTo: broadcastTo,
    ZerosLike: filled(0),
    OnesLike: filled(1),
    Reverse: reverse,
  }).map(([name, mapping]) => [name, forTypes(all as readonly TensorElement[], mapping)]),
);
