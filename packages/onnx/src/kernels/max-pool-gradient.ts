import type { GraphBuilder, GraphValue } from '../graph/graph-builder.ts';
import { type Shape, sizeOf } from '../graph/shape.ts';
import { blockDomain, blockTerm, imageTerm, plainTerm, type Term, toBlocks, toImages, toPlain } from '../graph/term.ts';
import { poolAttributes, type Window } from './conv-window.ts';
import { channelsFirstShape } from './conv2d.ts';
import { interleave } from './interleave.ts';

export interface PoolGradient {
  /** What was pooled. */
  x: Term;
  dy: Term;
  window: Window;
  /** Divide by all pixels of a window, those in the padding included. */
  wholeWindow: boolean;
}

/** More positions than this in a window are found faster by the pool itself. */
const mostTaps = 9;

/** Each gradient goes to the first maximum of its window. */
export function maximumGradient(graph: GraphBuilder, gradient: PoolGradient): Term {
  const { x, window } = gradient;
  const { kernel, stride, input } = window;
  const whole = input.every((size, axis) => size % stride[axis]! === 0);
  const few = kernel[0] * kernel[1] <= mostTaps;
  // Channels first, the numbers of one pixel are too far apart.
  return whole && few && (x.blocks || x.plain) ? byComparing(graph, gradient) : byIndices(graph, gradient);
}

/** Images as `[groups, h, w, run]`: blocks of channels, or all channels. */
interface Pixels {
  groups: number;
  run: number;
  x: GraphValue;
  y: GraphValue;
  dy: GraphValue;
}

function pixelsOf(graph: GraphBuilder, { x, dy, window }: PoolGradient): Pixels {
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const attributes = poolAttributes(window);
  const output = { type: 'float32' as const, shape: channelsFirstShape(window.outShape) };
  const run = x.blocks ? graph.options.blockSize! : c;
  const groups = (n * c) / run;
  const along = (value: GraphValue, [rows, columns]: readonly [number, number]) =>
    graph.reshape(value, [groups, rows, columns, run]);
  if (x.blocks) {
    const y = graph.op('MaxPool', [x.blocks], output, attributes, blockDomain);
    const [slopes, maxima] = [along(toBlocks(graph, dy), window.output), along(y, window.output)];
    return { groups, run, x: along(x.blocks, [h, w]), y: maxima, dy: slopes };
  }
  const y = graph.op('MaxPool', [toImages(graph, x)], output, attributes);
  const maxima = toPlain(graph, imageTerm(y, window.outShape));
  return { groups, run, x: toPlain(graph, x), y: maxima, dy: toPlain(graph, dy) };
}

/**
 * Position by position in the window: whether there is the maximum, and none at an earlier position. Pixels are taken apart
 * by their remainders by the stride, so that a position is a part of them, shifted.
 */
function byComparing(graph: GraphBuilder, gradient: PoolGradient): Term {
  const { window } = gradient;
  const { kernel, stride, input, pads } = window;
  const { groups, run, x, y, dy } = pixelsOf(graph, gradient);
  const sizes = [input[0] / stride[0], input[1] / stride[1]] as const;
  const partShape = [groups, ...sizes, run];
  const part = (row: number, column: number): GraphValue => {
    const ends = [input[0], input[1]];
    const inputs = [x, graph.ints([row, column]), graph.ints(ends), graph.ints([1, 2]), graph.ints(stride)];
    return stride.every((step) => step === 1) ? x : graph.op('Slice', inputs, { type: 'float32', shape: partShape });
  };
  /** `value` so that what was at `by` is at 0, cut or filled up to `shape`. */
  const shifted = (value: GraphValue, by: readonly [number, number], shape: Shape, fill: number): GraphValue => {
    const after = [1, 2].map((axis) => shape[axis]! - value.shape[axis]! + by[axis - 1]!);
    if ([...by, ...after].every((amount) => amount === 0)) return value;
    const amounts = graph.ints([0, -by[0], -by[1], 0, 0, ...after, 0]);
    return graph.op('Pad', [value, amounts, graph.scalar('float32', fill)], { type: 'float32', shape });
  };
  const flags = { type: 'bool' as const, shape: y.shape };
  const sums = new Map<string, GraphValue>();
  let taken: GraphValue | undefined;
  for (let i = 0; i < kernel[0]; i++) {
    for (let j = 0; j < kernel[1]; j++) {
      const at = [i - pads.top, j - pads.left] as const;
      const by = at.map((position, axis) => Math.floor(position / stride[axis]!)) as [number, number];
      const [row, column] = at.map((position, axis) => position - by[axis]! * stride[axis]!) as [number, number];
      const tap = shifted(part(row, column), by, y.shape, Number.NEGATIVE_INFINITY);
      const equal = graph.op('Equal', [tap, y], flags);
      const first = taken ? graph.op('And', [equal, graph.op('Not', [taken], flags)], flags) : equal;
      taken = taken ? graph.op('Or', [taken, equal], flags) : equal;
      const slopes = graph.op('Mul', [graph.cast(first, 'float32'), dy], dy);
      const back = shifted(slopes, [-by[0], -by[1]], partShape, 0);
      const key = `${row},${column}`;
      const sum = sums.get(key);
      sums.set(key, sum ? graph.op('Add', [sum, back], back) : back);
    }
  }
  const none = () => graph.expand(graph.scalar('float32', 0), partShape);
  const parts = Array.from({ length: stride[0] }, (_, row) =>
    Array.from({ length: stride[1] }, (__, column) => sums.get(`${row},${column}`) ?? none()),
  );
  const dx = interleave(graph, { parts, groups, rows: sizes[0], columns: sizes[1], run });
  const { shape, blocks } = gradient.x;
  return blocks ? blockTerm(graph.reshape(dx, blocks.shape), shape) : plainTerm(graph.reshape(dx, shape));
}

/** By the positions that the pool can tell. */
function byIndices(graph: GraphBuilder, { x, dy, window }: PoolGradient): Term {
  const images = toImages(graph, x);
  const slopes = toImages(graph, dy);
  const types = [
    { type: 'float32' as const, shape: slopes.shape },
    { type: 'int64' as const, shape: slopes.shape },
  ];
  const [, indices] = graph.ops('MaxPool', [images], types, poolAttributes(window));
  const [count, size] = [sizeOf(slopes.shape), sizeOf(images.shape)];
  const zeros = graph.expand(graph.scalar('float32', 0), [size]);
  const overlapping = window.kernel.some((length, axis) => length > window.stride[axis]!);
  const scattered = graph.op(
    'ScatterElements',
    [zeros, graph.reshape(indices!, [count]), graph.reshape(slopes, [count])],
    { type: 'float32', shape: [size] },
    { axis: 0, ...(overlapping && { reduction: 'add' }) },
  );
  return imageTerm(graph.reshape(scattered, images.shape), x.shape);
}
