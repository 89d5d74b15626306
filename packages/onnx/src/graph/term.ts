import type { ElementType } from '../model/types.ts';
import type { GraphBuilder, GraphValue } from './graph-builder.ts';
import { type Shape, sameSizes } from './shape.ts';

/** Element types that tfjs has too. */
export type TensorElement = Exclude<ElementType, 'int64'>;

export interface TensorType {
  readonly type: TensorElement;
  readonly shape: Shape;
}

/**
 * A tensor of the program. tfjs's images are `[n, h, w, c]` and ONNX's `[n, c, h, w]`; either form, or both, may exist in
 * the graph, and elementwise nodes follow the one that is there, so that few transposes are left.
 */
export interface Term extends TensorType {
  /** The tensor as tfjs sees it. */
  plain?: GraphValue;
  /** Channels first, for terms of shape `[n, h, w, c]` or `[n * h * w, c]`. */
  images?: GraphValue;
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

const lastShape = ({ shape: [n, c, h, w] }: GraphValue): number[] => [n!, h!, w!, c!];

/** The term as tfjs sees it. */
export function toPlain(graph: GraphBuilder, term: Term): GraphValue {
  term.plain ??= term.images
    ? graph.reshape(graph.transpose(term.images, [0, 2, 3, 1]), term.shape)
    : graph.expand(toPlain(graph, term.source!), term.shape);
  return term.plain;
}

/** The term with channels first; `sizes` are `[n, c, h, w]` where the term is a matrix of pixels. */
export function toImages(graph: GraphBuilder, term: Term, sizes?: Shape): GraphValue {
  if (term.images) return term.images;
  const [n, c, h, w] = sizes ?? [];
  const nhwc = term.shape.length === 4 ? term.shape : [n!, h!, w!, c!];
  term.images = graph.transpose(graph.reshape(toPlain(graph, term), nhwc), [0, 3, 1, 2]);
  return term.images;
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
  const { images } = term;
  if (images && isPixels(shape, images)) {
    return {
      type: term.type,
      shape,
      images,
      ...(term.plain && { plain: graph.reshape(term.plain, shape) }),
    };
  }
  return plainTerm(graph.reshape(toPlain(graph, term), shape));
}

/** Whether `shape` is that of the images themselves or of the matrix of their pixels. */
function isPixels(shape: Shape, images: GraphValue): boolean {
  const [n, h, w, c] = lastShape(images) as [number, number, number, number];
  return sameSizes(shape, [n, h, w, c]) || sameSizes(shape, [n * h * w, c]);
}
