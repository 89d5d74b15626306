import type { GraphBuilder, GraphValue } from '../graph/graph-builder.ts';
import type { Shape } from '../graph/shape.ts';
import { blockDomain, blockTerm, type Term, toBlocks, toPlain } from '../graph/term.ts';
import { type Taps, turnedFilter } from './blocked-conv.ts';
import type { Window } from './conv-window.ts';
import { interleave } from './interleave.ts';

interface InputGradient {
  dy: Term;
  filter: Term;
  window: Window;
  /** `[n, h, w, c]` */
  shape: Shape;
}

/** Rows (or columns) of the input with one remainder by the stride: what of the kernel reaches them, and how. */
interface Phase {
  taps: Taps;
  before: number;
  after: number;
  size: number;
}

/**
 * The phases along one axis, each a convolution of the output's gradient without stride; undefined where the input is no
 * multiple of the stride or one of them would leave out gradients.
 */
function phasesAlong(axis: 0 | 1, { kernel, stride, input, output, pads }: Window): Phase[] | undefined {
  const [step, length] = [stride[axis], kernel[axis]];
  const padding = axis === 0 ? pads.top : pads.left;
  if (input[axis] % step !== 0) return undefined;
  const size = input[axis] / step;
  const phases = Array.from({ length: step }, (_, rest): Phase => {
    const first = (rest + padding) % step;
    const count = Math.max(0, Math.ceil((length - first) / step));
    const before = count - 1 - Math.floor((rest + padding) / step);
    return { taps: { first, step, count }, before, after: size - 1 + count - output[axis] - before, size };
  });
  const whole = phases.every(({ taps, before, after }) => taps.count === 0 || (before >= 0 && after >= 0));
  return whole ? phases : undefined;
}

/** The gradient of a convolution's input by convolutions in blocks; undefined where those cannot give it. */
export function blockedInputGradient(
  graph: GraphBuilder,
  { dy, filter, window, shape }: InputGradient,
): Term | undefined {
  const { blockSize: block } = graph.options;
  const [, , channels, filters] = filter.shape as [number, number, number, number];
  if (!block || channels % block !== 0 || filters % block !== 0) return undefined;
  if (window.dilation.some((by) => by !== 1)) return undefined;
  const [rows, columns] = [phasesAlong(0, window), phasesAlong(1, window)];
  if (!rows || !columns) return undefined;
  const [n, h, w] = shape as [number, number, number];
  const weights = toPlain(graph, filter);
  const source = toBlocks(graph, dy);
  const part = (row: Phase, column: Phase): GraphValue => {
    const type = { type: 'float32' as const, shape: [n, channels, row.size, column.size] };
    if (row.taps.count * column.taps.count === 0) return graph.expand(graph.scalar('float32', 0), type.shape);
    const kernel = turnedFilter(graph, weights, block, [row.taps, column.taps]);
    const attributes = {
      kernel_shape: [row.taps.count, column.taps.count],
      strides: [1, 1],
      dilations: [1, 1],
      pads: [row.before, column.before, row.after, column.after],
    };
    return graph.op('Conv', [source, kernel], type, attributes, blockDomain);
  };
  const parts = rows.map((row) => columns.map((column) => part(row, column)));
  const groups = (n * channels) / block;
  const sizes = { groups, rows: rows[0]!.size, columns: columns[0]!.size, run: block };
  return blockTerm(graph.reshape(interleave(graph, { parts, ...sizes }), [n, channels, h, w]), shape);
}
