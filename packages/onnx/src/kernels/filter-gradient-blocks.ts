import type { GraphBuilder, GraphValue } from '../graph/graph-builder.ts';
import type { Shape } from '../graph/shape.ts';
import { blockDomain, type Term, toBlocks, toPlain } from '../graph/term.ts';
import type { FilterGradient } from './filter-gradient.ts';

/*
 * The gradient of a filter as one convolution in blocks, in which rows and images take the place of channels: what is added up
 * over is what a convolution adds up over. Its images are one column of the input high for every column and one number wide for
 * every channel; its filters are the output's gradient, one column after the other. Where it may be moved along the columns,
 * there is a column of the kernel; every row of the kernel is an image, whose "channels" are the input's rows that it meets.
 */

const floats = (shape: Shape) => ({ type: 'float32' as const, shape });

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));

/** How images fill blocks: together with parts of their rows where there are too few of them. */
interface Batch {
  images: number;
  /** Parts of an image's rows that go into one block. */
  parts: number;
  /** Blocks in which all images are. */
  blocks: number;
}

function batchOf(images: number, block: number): Batch {
  const common = divisor(images, block);
  return { images, parts: block / common, blocks: images / common };
}

/** Row after row what a part of the input's rows begins with, for parts that overlap. */
const rowsOfParts = (parts: number, step: number, length: number): number[] =>
  Array.from({ length: parts * length }, (_, i) => Math.floor(i / length) * step + (i % length));

/** The input as `[kh, blocks * rows * b, columns, channels]` in blocks: a row of the kernel is an image, rows are channels. */
function shiftedRows(graph: GraphBuilder, x: Term, { window, shape }: FilterGradient, batch: Batch): GraphValue {
  const [n, h, w, channels] = x.shape as [number, number, number, number];
  const [top, bottom] = [window.pads.top, Math.max(0, window.pads.bottom)];
  const [kh] = shape as [number];
  const [stride, dilation] = [window.stride[0], window.dilation[0]];
  const rows = window.output[0] / batch.parts;
  const line = w * channels;
  let source = graph.reshape(toPlain(graph, x), [n, h, line]);
  if (top + bottom > 0) {
    source = graph.op('Pad', [source, graph.ints([0, top, 0, 0, bottom, 0])], floats([n, h + top + bottom, line]));
  }
  let length = h + top + bottom;
  if (batch.parts > 1) {
    length = (rows - 1) * stride + (kh - 1) * dilation + 1;
    const places = graph.ints(rowsOfParts(batch.parts, rows * stride, length));
    source = graph.op('Gather', [source, places], floats([n, batch.parts * length, line]), { axis: 1 });
  }
  const images = graph.reshape(source, [1, n * batch.parts, length, line]);
  const turned = graph.op('ReorderInput', [images], images, { channels_last: 0 }, blockDomain);
  const block = (n * batch.parts) / batch.blocks;
  const numbers = line * block;
  const places = Array.from({ length: kh * batch.blocks * rows }, (_, i) => {
    const row = (i % rows) * stride + Math.floor(i / (batch.blocks * rows)) * dilation;
    return (Math.floor(i / rows) % batch.blocks) * length + row;
  });
  const all = graph.reshape(turned, [batch.blocks * length, numbers]);
  const met = graph.op('Gather', [all, graph.ints(places)], floats([places.length, numbers]), { axis: 0 });
  return graph.reshape(met, [kh, batch.blocks * rows * block, w, channels]);
}

/** The output's gradient as filters of one column, `[filters, blocks * rows * b, columns, 1]` in blocks. */
function columnFilters(graph: GraphBuilder, dy: Term, block: number, { images, parts, blocks }: Batch): GraphValue {
  const [, rows, columns, filters] = dy.shape as [number, number, number, number];
  const [outer, pixels] = [filters / block, (rows * columns) / parts];
  const sizes = [blocks, images / blocks, outer, parts, pixels, block];
  const apart = graph.reshape(toBlocks(graph, dy), sizes);
  const together = graph.transpose(apart, [2, 0, 4, 1, 3, 5]);
  return graph.reshape(together, [filters, (blocks * rows * block) / parts, columns, 1]);
}

/** Undefined where there are no such blocks. */
export function byRowsAsChannels(graph: GraphBuilder, call: FilterGradient): GraphValue | undefined {
  const { x, dy, window, shape } = call;
  const { blockSize: block } = graph.options;
  const [kh, kw, channels, filters] = shape as [number, number, number, number];
  if (!block || filters % block !== 0) return undefined;
  const batch = batchOf(x.shape[0]!, block);
  if (window.output[0] % batch.parts !== 0) return undefined;
  const source = shiftedRows(graph, x, call, batch);
  const kernel = columnFilters(graph, dy, block, batch);
  const [left, right] = [window.pads.left, Math.max(0, window.pads.right)];
  const [stride, dilation] = [window.stride[1], window.dilation[1]];
  const reach = (window.output[1] - 1) * stride + 1;
  const places = Math.floor((window.input[1] + left + right - reach) / dilation) + 1;
  const attributes = {
    kernel_shape: [window.output[1], 1],
    strides: [dilation, 1],
    dilations: [stride, 1],
    pads: [left, 0, right, 0],
  };
  const output = floats([kh, filters, places, channels]);
  const gradient = graph.op('Conv', [source, kernel], output, attributes, blockDomain);
  const last = { channels: filters, channels_last: 1 };
  const taps = graph.op('ReorderOutput', [gradient], floats([kh, places, channels, filters]), last, blockDomain);
  return graph.slice(taps, [0, 0, 0, 0], [kh, kw, channels, filters]);
}
