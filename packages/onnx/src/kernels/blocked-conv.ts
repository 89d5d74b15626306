import type { GraphBuilder, GraphValue } from '../graph/graph-builder.ts';
import { type Term, toPlain } from '../graph/term.ts';
import type { OnnxAttributes } from '../model/types.ts';

/**
 * ONNX Runtime's own convolutions over images in blocks of channels, `[n, c / b, h, w, b]`. Its optimizer uses them for
 * constant filters only; written out, they take filters that are inputs too, as a training step has them.
 */
const domain = 'com.microsoft.nchwc';

/** The block size, where both channel counts are multiples of it. */
export function blockFor(graph: GraphBuilder, channels: number, filters: number): number | undefined {
  const { blockSize } = graph.options;
  return blockSize && channels % blockSize === 0 && filters % blockSize === 0 ? blockSize : undefined;
}

function toBlocked(graph: GraphBuilder, x: Term): GraphValue {
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const output = { type: 'float32' as const, shape: [n, c, h, w] };
  if (x.images) return graph.op('ReorderInput', [x.images], output, {}, domain);
  return graph.op('ReorderInput', [toPlain(graph, x)], output, { channels_last: 1 }, domain);
}

/** tfjs's `[h, w, in, out]` filter in blocks: `[out / b, in / b, h, w, b of in, b of out]`, declared as `[out, in, h, w]`. */
function blockedFilter(graph: GraphBuilder, filter: GraphValue, block: number): GraphValue {
  const [h, w, channels, filters] = filter.shape as [number, number, number, number];
  const parts = graph.reshape(filter, [h, w, channels / block, block, filters / block, block]);
  return graph.reshape(graph.transpose(parts, [4, 2, 0, 1, 3, 5]), [filters, channels, h, w]);
}

/** The filter that leads from the output's gradient to the input's, turned around and with channels swapped. */
function turnedFilter(graph: GraphBuilder, filter: GraphValue, block: number): GraphValue {
  const [h, w, channels, filters] = filter.shape as [number, number, number, number];
  const last = -(2 ** 31);
  const inputs = [filter, graph.ints([-1, -1]), graph.ints([last, last]), graph.ints([0, 1]), graph.ints([-1, -1])];
  const turned = h * w === 1 ? filter : graph.op('Slice', inputs, filter);
  const [inner, outer, taps] = [channels / block, filters / block, h * w];
  // Whole blocks first, then each block by itself: half the time of one permutation.
  const blocks = graph.transpose(graph.reshape(turned, [taps, inner, block, outer, block]), [1, 3, 0, 2, 4]);
  const swapped = graph.transpose(graph.reshape(blocks, [inner * outer * taps, block, block]), [0, 2, 1]);
  return graph.reshape(swapped, [channels, filters, h, w]);
}

interface BlockedConv {
  x: Term;
  /** `[h, w, in, out]` */
  filter: Term;
  bias?: GraphValue | undefined;
  /** `[n, out, h, w]` */
  shape: readonly number[];
  attributes: OnnxAttributes;
  block: number;
  /** Convolves with the filter that leads back. */
  turned?: boolean;
}

/** A convolution in blocks; gives images with channels first. */
export function blockedConv(graph: GraphBuilder, call: BlockedConv): GraphValue {
  const { filter, shape, attributes, block } = call;
  const kernel = (call.turned ? turnedFilter : blockedFilter)(graph, toPlain(graph, filter), block);
  const output = { type: 'float32' as const, shape };
  const inputs = [toBlocked(graph, call.x), kernel, call.bias];
  const y = graph.op('Conv', inputs, output, attributes, domain);
  return graph.op('ReorderOutput', [y], output, { channels: shape[1]! }, domain);
}
