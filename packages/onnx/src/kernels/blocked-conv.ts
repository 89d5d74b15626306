import type { GraphBuilder, GraphValue } from '../graph/graph-builder.ts';
import type { Shape } from '../graph/shape.ts';
import { blockDomain, type Term, toBlocks, toImages, toPlain } from '../graph/term.ts';
import type { OnnxAttributes } from '../model/types.ts';

/*
 * ONNX Runtime's own convolutions over images in blocks of channels. Its optimizer uses them for constant filters only; written
 * out, they take filters that are inputs too, as a training step has them.
 */

/** The block size, where the convolution can give blocks: of full blocks, or of images with fewer channels than one. */
export function blockFor(graph: GraphBuilder, channels: number, filters: number): number | undefined {
  const { blockSize } = graph.options;
  if (!blockSize || filters % blockSize !== 0) return undefined;
  return channels % blockSize === 0 || channels < blockSize ? blockSize : undefined;
}

/** tfjs's `[h, w, in, out]` filter in blocks: `[out / b, in / b, h, w, b of in, b of out]`, declared as `[out, in, h, w]`. */
function blockedFilter(graph: GraphBuilder, filter: GraphValue, block: number): GraphValue {
  const [h, w, channels, filters] = filter.shape as [number, number, number, number];
  if (channels < block) {
    // Images go in with channels first.
    const parts = graph.reshape(filter, [h, w, channels, filters / block, block]);
    return graph.reshape(graph.transpose(parts, [3, 2, 0, 1, 4]), [filters, channels, h, w]);
  }
  // To the reordering of images, a pixel for every tap and channel: half the time of one permutation.
  const taps = h * w;
  const pixels = graph.reshape(filter, [1, taps, channels, filters]);
  const outer = reorder(graph, pixels, [1, filters, taps, channels], { last: true });
  const blocks = graph.reshape(outer, [filters / block, taps, channels / block, block * block]);
  return graph.reshape(graph.transpose(blocks, [0, 2, 1, 3]), [filters, channels, h, w]);
}

const reorder = (graph: GraphBuilder, x: GraphValue, shape: Shape, { last }: { last: boolean }): GraphValue =>
  graph.op('ReorderInput', [x], { type: 'float32', shape }, { channels_last: last ? 1 : 0 }, blockDomain);

/** Every `step`-th position of a kernel along one axis, from `first` on. */
export interface Taps {
  first: number;
  step: number;
  count: number;
}

/**
 * The filter that leads from the output's gradient to the input's, turned around and with channels swapped; of a part of its
 * taps along height and width.
 */
export function turnedFilter(
  graph: GraphBuilder,
  filter: GraphValue,
  block: number,
  [rows, columns]: readonly [Taps, Taps],
): GraphValue {
  const [h, w, channels, filters] = filter.shape as [number, number, number, number];
  // To the reordering of images, an image of one column for every tap.
  const images = graph.reshape(filter, [h * w, channels, filters, 1]);
  const inner = reorder(graph, images, [h * w, channels, filters, 1], { last: false });
  const square = block * block;
  const count = (channels * filters) / square;
  const shape = [channels, filters, rows.count, columns.count];
  if (h * w === 1) return graph.reshape(inner, shape);
  // In one step: tap by tap, from the last one on, for every square of channels.
  const [across, down] = [positions(columns), positions(rows)];
  const taps = down.flatMap((row) => across.map((column) => row * w + column));
  const places: number[] = [];
  for (let at = 0; at < count; at++) for (const tap of taps) places.push(tap * count + at);
  const squares = graph.reshape(inner, [h * w * count, square]);
  const output = { type: 'float32' as const, shape: [places.length, square] };
  return graph.reshape(graph.op('Gather', [squares, graph.ints(places)], output, { axis: 0 }), shape);
}

/** From the last one on. */
const positions = ({ first, step, count }: Taps): number[] =>
  Array.from({ length: count }, (_, i) => first + step * (count - 1 - i));

interface BlockedConv {
  x: Term;
  /** `[h, w, in, out]` */
  filter: Term;
  bias?: GraphValue | undefined;
  /** `[n, out, h, w]` */
  shape: Shape;
  attributes: OnnxAttributes;
  block: number;
}

/** A convolution that gives blocks. */
export function blockedConv(
  graph: GraphBuilder,
  { x, filter, bias, shape, attributes, block }: BlockedConv,
): GraphValue {
  const kernel = blockedFilter(graph, toPlain(graph, filter), block);
  const source = x.shape[3]! < block ? toImages(graph, x) : toBlocks(graph, x);
  return graph.op('Conv', [source, kernel, bias], { type: 'float32', shape }, attributes, blockDomain);
}
