import type { GraphBuilder, GraphValue } from '../graph/graph-builder.ts';
import { blockTerm, broadcastTerm, imageTerm, plainTerm, type Term, toBlocks, toImages } from '../graph/term.ts';
import { transposedAttributes, type Window } from './conv-window.ts';
import type { PoolGradient } from './max-pool-gradient.ts';
import { pointwise } from './pointwise.ts';

/** Pixels that are not padding, by window. */
function countsOf({ input: sizes, output, kernel, stride, pads }: Window): number[] {
  const along = (axis: 0 | 1, before: number) =>
    Array.from({ length: output[axis] }, (_, i) => {
      const start = i * stride[axis] - before;
      return Math.min(start + kernel[axis], sizes[axis]) - Math.max(start, 0);
    });
  const columns = along(1, pads.left);
  return along(0, pads.top).flatMap((rows) => columns.map((column) => rows * column));
}

/** Each pixel gets its share of the gradients of all windows that it is in. */
export function averageGradient(graph: GraphBuilder, { x, dy, window, wholeWindow }: PoolGradient): Term {
  const { output, kernel, stride, input } = window;
  const covered = countsOf(window);
  const counts = wholeWindow ? covered.map(() => kernel[0] * kernel[1]) : covered;
  const even = counts.every((count) => count === counts[0]);
  const shares = counts.map((count) => 1 / count);
  const factors = even ? graph.scalar('float32', shares[0]!) : graph.constant('float32', [1, ...output, 1], shares);
  const share = pointwise(graph, [dy, plainTerm(factors)], (values, shape) =>
    graph.op('Mul', values, { type: 'float32', shape }),
  );
  const tiles = [0, 1].every((axis) => kernel[axis] === stride[axis] && kernel[axis]! * output[axis]! === input[axis]);
  if (!tiles) return spread(graph, share, x, window);
  return output[0] * output[1] === 1 ? broadcastTerm(share, x.shape) : repeated(graph, share, x, window);
}

/** Windows that lie side by side: every pixel is in one of them. */
function repeated(graph: GraphBuilder, share: Term, x: Term, { kernel, output }: Window): Term {
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const [rows, columns] = output;
  if (x.blocks) {
    const block = graph.options.blockSize!;
    const lines = (n * c * rows) / block;
    const pixels = graph.reshape(toBlocks(graph, share), [lines, 1, columns, 1, block]);
    const all = graph.expand(pixels, [lines, kernel[0], columns, kernel[1], block]);
    return blockTerm(graph.reshape(all, [n, c, h, w]), x.shape);
  }
  const scales = graph.constant('float32', [4], [1, 1, ...kernel]);
  const nearest = { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' };
  const output4d = { type: 'float32' as const, shape: [n, c, h, w] };
  return imageTerm(graph.op('Resize', [toImages(graph, share), undefined, scales], output4d, nearest), x.shape);
}

/** Windows that overlap, or leave pixels out: a transposed convolution with ones, every channel an image of its own. */
function spread(graph: GraphBuilder, share: Term, x: Term, window: Window): Term {
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const { kernel, output } = window;
  const ones: GraphValue = graph.constant(
    'float32',
    [1, 1, ...kernel],
    new Array<number>(kernel[0] * kernel[1]).fill(1),
  );
  const single = graph.reshape(toImages(graph, share), [n * c, 1, ...output]);
  const type = { type: 'float32' as const, shape: [n * c, 1, h, w] };
  const all = graph.op('ConvTranspose', [single, ones], type, transposedAttributes(window));
  return imageTerm(graph.reshape(all, [n, c, h, w]), x.shape);
}
