import type { GraphBuilder, GraphValue } from '../graph/graph-builder.ts';
import { sizeOf } from '../graph/shape.ts';
import { blockDomain, blockTerm, imageTerm, plainTerm, type Term, toBlocks, toImages, toPlain } from '../graph/term.ts';
import { poolAttributes, type Window } from './conv-window.ts';
import { interleave } from './interleave.ts';
import { lastNaN, maximumPool } from './max-pool.ts';

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

/** Each gradient goes to the first maximum of its window, or to its last NaN. */
export function maximumGradient(graph: GraphBuilder, gradient: PoolGradient): Term {
  const { x, window } = gradient;
  const { kernel, stride, input, output } = window;
  const whole = [0, 1].every(
    (axis) => input[axis]! % stride[axis]! === 0 && output[axis]! * stride[axis]! <= input[axis]!,
  );
  const few = kernel[0] * kernel[1] <= mostTaps;
  // Channels first, the numbers of one pixel are too far apart.
  return whole && few && (x.blocks || x.plain) ? byComparing(graph, gradient) : byIndices(graph, gradient);
}

/** Images as `[groups, pixels, run]`: blocks of channels, or all channels. */
interface Pixels {
  groups: number;
  run: number;
  x: GraphValue;
  y: GraphValue;
  dy: GraphValue;
  /** The last NaN of each window, by the pixel's number; 0 for none. */
  last: GraphValue;
}

/** `y` and `dy` have as many pixels as the window has strides in the input; those that are none have no gradient. */
function pixelsOf(graph: GraphBuilder, { x, dy, window }: PoolGradient, sizes: readonly [number, number]): Pixels {
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const run = x.blocks ? graph.options.blockSize! : c;
  const groups = (n * c) / run;
  const [rows, columns] = window.output;
  const missing = sizes.map((size, axis) => size - window.output[axis]!);
  const extended = (value: GraphValue): GraphValue => {
    const pixels = graph.reshape(value, [groups, rows, columns, run]);
    const amounts = graph.ints([0, 0, 0, 0, 0, ...missing, 0]);
    const type = { type: 'float32' as const, shape: [groups, ...sizes, run] };
    const all = missing.some((count) => count > 0) ? graph.op('Pad', [pixels, amounts], type) : pixels;
    return graph.reshape(all, [groups, sizes[0] * sizes[1], run]);
  };
  const whole = (value: GraphValue) => graph.reshape(value, [groups, h * w, run]);
  if (x.blocks) {
    const y = maximumPool(graph, x.blocks, window, blockDomain);
    const last = extended(lastNaN(graph, x.blocks, window, blockDomain));
    return { groups, run, x: whole(x.blocks), y: extended(y), dy: extended(toBlocks(graph, dy)), last };
  }
  const images = toImages(graph, x);
  const plain = (value: GraphValue) => extended(toPlain(graph, imageTerm(value, window.outShape)));
  const y = plain(maximumPool(graph, images, window, ''));
  const last = plain(lastNaN(graph, images, window, ''));
  return { groups, run, x: whole(toPlain(graph, x)), y, dy: extended(toPlain(graph, dy)), last };
}

/** One position in the window along one axis: which pixel it meets in every window, or would meet if the input went round. */
interface Along {
  met: number[];
  /** Whether that pixel is one of the window. */
  inside: boolean[];
  /** What is left of the position by the stride. */
  rest: number;
  /** The window in which a pixel with that rest is met, for all of them. */
  windows: number[];
}

function alongAxis(at: number, stride: number, size: number): Along {
  const count = size / stride;
  const by = Math.floor(at / stride);
  const round = (value: number, length: number) => ((value % length) + length) % length;
  const steps = Array.from({ length: count }, (_, i) => i);
  return {
    met: steps.map((o) => round(o * stride + at, size)),
    inside: steps.map((o) => o * stride + at >= 0 && o * stride + at < size),
    rest: at - by * stride,
    windows: steps.map((q) => round(q - by, count)),
  };
}

const pairs = <T>(rows: readonly number[], columns: readonly number[], join: (row: number, column: number) => T): T[] =>
  rows.flatMap((row) => columns.map((column) => join(row, column)));

/** Which pixels a position meets, `[pixels, run]`, or `[pixels, 1]` where that would be large: the longer rows go faster. */
function insideOf(graph: GraphBuilder, row: Along, column: Along, run: number): GraphValue {
  const inside = row.inside.flatMap((a) => column.inside.map((b) => (a && b ? 1 : 0)));
  if (inside.length * run > 1 << 16) return graph.constant('bool', [inside.length, 1], inside);
  const repeated = inside.flatMap((flag) => new Array<number>(run).fill(flag));
  return graph.constant('bool', [inside.length, run], repeated);
}

/** Numbers of the pixels that a position meets, `[pixels, 1]`, as `lastNaN` counts them; -1 outside. */
function numbersOf(graph: GraphBuilder, row: Along, column: Along, width: number): GraphValue {
  const numbers = row.met.flatMap((i, a) =>
    column.met.map((j, b) => (row.inside[a] && column.inside[b] ? i * width + j + 1 : -1)),
  );
  return graph.constant('float32', [numbers.length, 1], numbers);
}

/**
 * Position by position in the window: whether there is the maximum, and none at an earlier position. Where a position is outside
 * of the input it is taken from the other side, and does not count; so gradients find the way back by the same rotation.
 */
function byComparing(graph: GraphBuilder, gradient: PoolGradient): Term {
  const { kernel, stride, input, pads } = gradient.window;
  const sizes = [input[0] / stride[0], input[1] / stride[1]] as const;
  const { groups, run, x, y, dy, last } = pixelsOf(graph, gradient, sizes);
  const gathered = (value: GraphValue, places: number[]): GraphValue =>
    places.length === value.shape[1] && places.every((place, i) => place === i)
      ? value
      : graph.op('Gather', [value, graph.ints(places)], { type: 'float32', shape: y.shape }, { axis: 1 });
  const flags = { type: 'bool' as const, shape: y.shape };
  const sums = new Map<string, GraphValue>();
  let taken: GraphValue | undefined;
  const rows = Array.from({ length: kernel[0] }, (_, i) => alongAxis(i - pads.top, stride[0], input[0]));
  const columns = Array.from({ length: kernel[1] }, (_, j) => alongAxis(j - pads.left, stride[1], input[1]));
  for (const row of rows) {
    for (const column of columns) {
      const tap = gathered(
        x,
        pairs(row.met, column.met, (i, j) => i * input[1] + j),
      );
      let equal = graph.op('Equal', [tap, y], flags);
      if (![...row.inside, ...column.inside].every(Boolean)) {
        equal = graph.op('And', [equal, insideOf(graph, row, column, run)], flags);
      }
      const first = taken ? graph.op('And', [equal, graph.op('Not', [taken], flags)], flags) : equal;
      taken = taken ? graph.op('Or', [taken, equal], flags) : equal;
      const chosen = graph.op(
        'Or',
        [first, graph.op('Equal', [last, numbersOf(graph, row, column, input[1])], flags)],
        flags,
      );
      const slopes = graph.op('Mul', [graph.cast(chosen, 'float32'), dy], dy);
      const back = gathered(
        slopes,
        pairs(row.windows, column.windows, (i, j) => i * sizes[1] + j),
      );
      const key = `${row.rest},${column.rest}`;
      const sum = sums.get(key);
      sums.set(key, sum ? graph.op('Add', [sum, back], back) : back);
    }
  }
  const none = () => graph.expand(graph.scalar('float32', 0), y.shape);
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
  const [, found] = graph.ops('MaxPool', [images], types, poolAttributes(window));
  const indices = withLastNaN(graph, found!, images, window);
  const [count, size] = [sizeOf(slopes.shape), sizeOf(images.shape)];
  const zeros = graph.expand(graph.scalar('float32', 0), [size]);
  const overlapping = window.kernel.some((length, axis) => length > window.stride[axis]!);
  const scattered = graph.op(
    'ScatterElements',
    [zeros, graph.reshape(indices, [count]), graph.reshape(slopes, [count])],
    { type: 'float32', shape: [size] },
    { axis: 0, ...(overlapping && { reduction: 'add' }) },
  );
  return imageTerm(graph.reshape(scattered, images.shape), x.shape);
}

/** The positions that the pool told, but where a window has NaN. */
function withLastNaN(graph: GraphBuilder, found: GraphValue, images: GraphValue, window: Window): GraphValue {
  const [n, c, h, w] = images.shape as [number, number, number, number];
  const last = lastNaN(graph, images, window, '');
  const starts = Array.from({ length: n * c }, (_, i) => i * h * w - 1);
  const numbers = graph.cast(last, 'int64');
  const places = graph.op('Add', [numbers, graph.constant('int64', [n, c, 1, 1], starts)], numbers);
  const anyNaN = graph.op('Greater', [last, graph.scalar('float32', 0)], { type: 'bool', shape: last.shape });
  return graph.op('Where', [anyNaN, places, found], found);
}
