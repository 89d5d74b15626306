import type { ElementType } from '../model/types.ts';
import type { GraphBuilder, GraphValue } from './graph-builder.ts';
import { type Shape, sameSizes } from './shape.ts';

/** Element types that tfjs has too. */
export type TensorElement = Exclude<ElementType, 'int64'>;

export interface TensorType {
  readonly type: TensorElement;
  readonly shape: Shape;
}

/** Domain of ONNX Runtime's own nodes over channels in blocks. */
export const blockDomain = 'com.microsoft.nchwc';

/**
 * A tensor of the program. tfjs's images are `[n, h, w, c]`, ONNX's `[n, c, h, w]`, and ONNX Runtime's fast convolutions take
 * channels in blocks. Any of these forms may exist in the graph; elementwise nodes follow one that is there, so that few
 * transposes are left.
 */
export interface Term extends TensorType {
  /** The tensor as tfjs sees it. */
  plain?: GraphValue;
  /** Channels first, for terms of shape `[n, h, w, c]` or `[n * h * w, c]`. */
  images?: GraphValue;
  /**
   * Channels in blocks, for the shapes of `images`: declared as `[n, c, h, w]`, but `[n, c / b, h, w, b]` in memory. Only nodes of
   * `blockDomain` and those that treat every element alike may read it as it is declared.
   */
  blocks?: GraphValue;
  /** The term after ReLU, where that was computed along with it. */
  rectified?: Term;
  /** A smaller term that repeats along axes of size 1; elementwise nodes read it instead of the repeated one. */
  source?: Term;
  /** The one value that all elements have, where that is known. */
  fill?: number;
}

export const plainTerm = (value: GraphValue): Term => ({
  type: value.type as TensorElement,
  shape: value.shape,
  plain: value,
});

/** A term in channels-first form, which tfjs sees as `shape`. */
export const imageTerm = (images: GraphValue, shape: Shape): Term => ({
  type: images.type as TensorElement,
  shape,
  images,
});

/** A term in blocks, which tfjs sees as `shape`. */
export const blockTerm = (blocks: GraphValue, shape: Shape): Term => ({ type: 'float32', shape, blocks });

/** `[n, h, w, c]` for `[n, c, h, w]` */
const lastShape = ([n, c, h, w]: Shape): number[] => [n!, h!, w!, c!];

const fromBlocks = (graph: GraphBuilder, blocks: GraphValue, last: boolean): GraphValue => {
  const shape = last ? lastShape(blocks.shape) : blocks.shape;
  const attributes = { channels: blocks.shape[1]!, channels_last: last ? 1 : 0 };
  return graph.op('ReorderOutput', [blocks], { type: 'float32', shape }, attributes, blockDomain);
};

/** The term as tfjs sees it. */
export function toPlain(graph: GraphBuilder, term: Term): GraphValue {
  const { shape, images, blocks, source } = term;
  if (!term.plain && blocks) term.plain = graph.reshape(fromBlocks(graph, blocks, true), shape);
  term.plain ??= images
    ? graph.reshape(graph.transpose(images, [0, 2, 3, 1]), shape)
    : graph.expand(toPlain(graph, source!), shape);
  return term.plain;
}

/** `[n, h, w, c]`; `sizes` are `[n, c, h, w]` where the term is a matrix of pixels. */
const pixelShape = ({ shape }: Term, sizes?: Shape): Shape => (shape.length === 4 ? shape : lastShape(sizes!));

/** The term with channels first; `sizes` are `[n, c, h, w]` where the term is a matrix of pixels. */
export function toImages(graph: GraphBuilder, term: Term, sizes?: Shape): GraphValue {
  term.images ??= term.blocks
    ? fromBlocks(graph, term.blocks, false)
    : graph.transpose(graph.reshape(toPlain(graph, term), pixelShape(term, sizes)), [0, 3, 1, 2]);
  return term.images;
}

/** The term in blocks; `sizes` as above. The number of channels must be a multiple of the block size. */
export function toBlocks(graph: GraphBuilder, term: Term, sizes?: Shape): GraphValue {
  if (term.blocks) return term.blocks;
  const [n, h, w, c] = pixelShape(term, sizes);
  const output = { type: 'float32' as const, shape: [n!, c!, h!, w!] };
  term.blocks = term.images
    ? graph.op('ReorderInput', [term.images], output, { channels_last: 0 }, blockDomain)
    : graph.op(
        'ReorderInput',
        [graph.reshape(toPlain(graph, term), [n!, h!, w!, c!])],
        output,
        { channels_last: 1 },
        blockDomain,
      );
  return term.blocks;
}

/** `source` repeated up to `shape`, as far as it is read by more than elementwise nodes. */
export const broadcastTerm = (source: Term, shape: Shape, fill?: number): Term => ({
  type: source.type,
  shape,
  source,
  ...(fill !== undefined && { fill }),
});

/** The same values under another shape. */
export function reshapeTerm(graph: GraphBuilder, term: Term, shape: Shape): Term {
  const { type, images, blocks, plain } = term;
  const sizes = (images ?? blocks)?.shape;
  if (!sizes || !isPixels(shape, sizes)) return plainTerm(graph.reshape(toPlain(graph, term), shape));
  return {
    type,
    shape,
    ...(images && { images }),
    ...(blocks && { blocks }),
    ...(plain && { plain: graph.reshape(plain, shape) }),
  };
}

/** Whether `shape` is that of the images themselves or of the matrix of their pixels. */
function isPixels(shape: Shape, images: Shape): boolean {
  const [n, h, w, c] = lastShape(images) as [number, number, number, number];
  return sameSizes(shape, [n, h, w, c]) || sameSizes(shape, [n * h * w, c]);
}
