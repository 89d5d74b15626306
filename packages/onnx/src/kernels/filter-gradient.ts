import type { GraphBuilder, GraphValue } from '../graph/graph-builder.ts';
import type { Shape } from '../graph/shape.ts';
import { blockDomain, blockTerm, type Term, toImages, toPlain } from '../graph/term.ts';
import { isOnePixel, type Window } from './conv-window.ts';
import { byRowsAsChannels } from './filter-gradient-blocks.ts';
import { matMul } from './mat-mul.ts';
import { reduceSum } from './reduction.ts';

export interface FilterGradient {
  x: Term;
  dy: Term;
  window: Window;
  /** `[kh, kw, in, out]` */
  shape: Shape;
}

/** The gradient of a convolution's filter, in tfjs's layout, by whichever formulation suits its sizes. */
export function filterGradient(graph: GraphBuilder, call: FilterGradient): GraphValue {
  const [, , channels, filters] = call.shape;
  const { kernel, stride } = call.window;
  const taps = kernel[0] * kernel[1];
  // Products of few channels are too thin to be fast; large kernels with few channels need too many of them.
  const thin = channels! < 16 || filters! < 16 || (taps > 9 && stride[0] > 1);
  // Where little is to be computed, nothing pays that needs the gradient in another order.
  const ordered = taps > 1 && channels! >= 3;
  return (
    (thin ? bySwappedBlocks(graph, call) : undefined) ??
    (ordered ? byRowsAsChannels(graph, call) : undefined) ??
    (thin ? bySwappedConv(graph, call) : perTap(graph, call))
  );
}

/** `x`, padded as the window sees it, `[n, h, w, c]`. */
function paddedPixels(graph: GraphBuilder, x: Term, { pads }: Window): GraphValue {
  const value = toPlain(graph, x);
  const [top, left] = [pads.top, pads.left];
  const [bottom, right] = [Math.max(0, pads.bottom), Math.max(0, pads.right)];
  if (top + left + bottom + right === 0) return value;
  const [n, h, w, c] = value.shape;
  const shape = [n!, h! + top + bottom, w! + left + right, c!];
  const amounts = graph.ints([0, top, left, 0, 0, bottom, right, 0]);
  return graph.op('Pad', [value, amounts], { type: value.type, shape });
}

/** One matrix product per position in the kernel, over all pixels that it meets. */
function perTap(graph: GraphBuilder, { x, dy, window, shape }: FilterGradient): GraphValue {
  const [kh, kw, channels, filters] = shape as [number, number, number, number];
  const [n] = x.shape as [number];
  const [rows, columns] = window.output;
  const pixels = n * rows * columns;
  const slopes = graph.reshape(toPlain(graph, dy), [pixels, filters]);
  const source = paddedPixels(graph, x, window);
  if (isOnePixel(window)) {
    return graph.reshape(matMul(graph, graph.reshape(source, [pixels, channels]), slopes, { transposeA: true }), shape);
  }
  const [sh, sw] = window.stride;
  const products: GraphValue[] = [];
  for (let i = 0; i < kh; i++) {
    for (let j = 0; j < kw; j++) {
      const [top, left] = [i * window.dilation[0], j * window.dilation[1]];
      const ends = [top + (rows - 1) * sh + 1, left + (columns - 1) * sw + 1];
      const tap = graph.op(
        'Slice',
        [source, graph.ints([top, left]), graph.ints(ends), graph.ints([1, 2]), graph.ints([sh, sw])],
        { type: 'float32', shape: [n, rows, columns, channels] },
      );
      products.push(matMul(graph, graph.reshape(tap, [pixels, channels]), slopes, { transposeA: true }));
    }
  }
  const stacked =
    products.length === 1
      ? products[0]!
      : graph.op('Concat', products, { type: 'float32', shape: [kh * kw * channels, filters] }, { axis: 0 });
  return graph.reshape(stacked, shape);
}

/**
 * A convolution of the input with the gradient as its filter, batch and channels swapped; every image by itself, since the
 * gradients of one image lie together.
 */
function bySwappedConv(graph: GraphBuilder, { x, dy, window, shape }: FilterGradient): GraphValue {
  const [kh, kw, channels, filters] = shape as [number, number, number, number];
  const images = graph.transpose(toImages(graph, x), [1, 0, 2, 3]);
  const { pads, stride, dilation, output, input } = window;
  const n = images.shape[1]!;
  const slopes = graph.reshape(toImages(graph, dy), [n * filters, 1, ...output]);
  const [bottom, right] = [Math.max(0, pads.bottom), Math.max(0, pads.right)];
  const along = (size: number, before: number, after: number, out: number, step: number, by: number) =>
    Math.floor((size + before + after - (out - 1) * step - 1) / by) + 1;
  const height = along(input[0], pads.top, bottom, output[0], stride[0], dilation[0]);
  const width = along(input[1], pads.left, right, output[1], stride[1], dilation[1]);
  const gradients = graph.op(
    'Conv',
    [images, slopes],
    { type: 'float32', shape: [channels, n * filters, height, width] },
    {
      group: n,
      kernel_shape: output,
      strides: dilation,
      dilations: stride,
      pads: [pads.top, pads.left, bottom, right],
    },
  );
  const apart = graph.reshape(gradients, [channels, n, filters, height, width]);
  const gradient = reduceSum(graph, apart, [1]);
  const taps = graph.slice(gradient, [0, 0, 0, 0], [channels, filters, kh, kw]);
  return graph.transpose(taps, [2, 3, 0, 1]);
}

/** Pixels of a gradient up to which it makes a filter of blocks that stays in the caches. */
const largestFilter = 256;

/** The same over blocks of images, for small gradients; undefined where there are no such blocks. */
function bySwappedBlocks(graph: GraphBuilder, { x, dy, window, shape }: FilterGradient): GraphValue | undefined {
  const [kh, kw, channels, filters] = shape as [number, number, number, number];
  const { pads, stride, output } = window;
  const { blockSize: block } = graph.options;
  const n = x.shape[0]!;
  const [rows, columns] = output;
  const fits = block && n % block === 0 && filters % block === 0 && rows * columns <= largestFilter;
  if (!fits || window.dilation.some((by) => by !== 1) || stride.some((by) => by !== 1)) return undefined;
  const type = (sizes: Shape) => ({ type: 'float32' as const, shape: sizes });
  const [h, w] = window.input;
  const images = graph.transpose(toPlain(graph, x), [3, 1, 2, 0]);
  const source = graph.op('ReorderInput', [images], type([channels, n, h, w]), { channels_last: 1 }, blockDomain);
  const slopes = graph.reshape(toPlain(graph, dy), [n / block, block, rows * columns, filters / block, block]);
  const kernel = graph.reshape(graph.transpose(slopes, [3, 0, 2, 1, 4]), [filters, n, rows, columns]);
  const attributes = {
    kernel_shape: output,
    strides: [1, 1],
    dilations: [1, 1],
    pads: [pads.top, pads.left, pads.bottom, pads.right],
  };
  const gradient = graph.op('Conv', [source, kernel], type([channels, filters, kh, kw]), attributes, blockDomain);
  return graph.transpose(toPlain(graph, blockTerm(gradient, [channels, kh, kw, filters])), [1, 2, 0, 3]);
}
