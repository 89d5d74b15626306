import type { GraphBuilder, GraphValue } from '../graph/graph-builder.ts';
import { broadcastShapes, type Shape, sameSizes, sizeOf } from '../graph/shape.ts';
import { blockTerm, imageTerm, plainTerm, type Term, toBlocks, toImages, toPlain } from '../graph/term.ts';

/** Builds the nodes of an elementwise computation; `shape` is the result's. */
export type Pointwise = (values: readonly GraphValue[], shape: Shape) => GraphValue;

/** Applies an elementwise computation in the form that an operand is in. */
export function pointwise(graph: GraphBuilder, operands: readonly Term[], build: Pointwise): Term {
  const shape = broadcastShapes(operands.map((term) => term.shape));
  const terms = withoutRepeats(operands, shape);
  const blocks = terms.find((term) => term.blocks && sameSizes(term.shape, shape))?.blocks;
  if (blocks) {
    const values = alongBlocks(graph, terms, shape, blocks.shape);
    // Only blocks of floats can be turned back.
    if (values) {
      const result = build(values, broadcastShapes(values.map((value) => value.shape)));
      if (result.type === 'float32') return blockTerm(graph.reshape(result, blocks.shape), shape);
    }
  }
  const reference = terms.find((term) => term.images && sameSizes(term.shape, shape))?.images;
  if (reference) {
    const values = terms.map((term) => alongImages(graph, term, shape, reference.shape));
    if (values.every((value) => value !== undefined)) return imageTerm(build(values, reference.shape), shape);
  }
  return plainTerm(
    build(
      terms.map((term) => toPlain(graph, term)),
      shape,
    ),
  );
}

/** Operands before they were repeated, as long as another one has the result's shape. */
function withoutRepeats(operands: readonly Term[], shape: Shape): readonly Term[] {
  const sources = operands.map((term) => term.source ?? term);
  return sameSizes(broadcastShapes(sources.map((term) => term.shape)), shape) ? sources : operands;
}

/** The operands in forms that broadcast against blocks; undefined where one would need more than a reshape. */
function alongBlocks(
  graph: GraphBuilder,
  terms: readonly Term[],
  shape: Shape,
  sizes: Shape,
): GraphValue[] | undefined {
  const [n, c, h, w] = sizes as [number, number, number, number];
  const block = graph.options.blockSize!;
  if (terms.some(({ type }) => type !== 'float32')) return undefined;
  const repeats = terms.map((term) => {
    if (sameSizes(term.shape, shape) || sizeOf(term.shape) === 1) return [];
    if (isPerChannel(term, c)) return [c / block, 1, block];
    return isPerImage(term, sizes) ? [n, c / block, 1, block] : undefined;
  });
  if (repeats.some((sizesOfOne) => !sizesOfOne)) return undefined;
  const whole = repeats.every((sizesOfOne) => sizesOfOne!.length === 0) ? sizes : [n, c / block, h * w, block];
  return terms.map((term, i) => {
    if (sameSizes(term.shape, shape)) return graph.reshape(toBlocks(graph, term, sizes), whole);
    return graph.reshape(toPlain(graph, term), repeats[i]!);
  });
}

/** One value per channel. */
export const isPerChannel = ({ shape }: Term, channels: number): boolean =>
  sizeOf(shape) === channels && shape.at(-1) === channels;

/** `[n, 1, 1, c]`: one value per image and channel. */
const isPerImage = ({ shape: [n, h, w], shape }: Term, sizes: Shape): boolean =>
  shape.length === 4 && h === 1 && w === 1 && n === sizes[0] && shape[3] === sizes[1];

/** The operand in a form that broadcasts against `[n, c, h, w]` images; undefined where it would need more than a reshape. */
function alongImages(graph: GraphBuilder, term: Term, shape: Shape, images: Shape): GraphValue | undefined {
  if (sameSizes(term.shape, shape)) return toImages(graph, term, images);
  if (sizeOf(term.shape) === 1) return graph.reshape(toPlain(graph, term), []);
  const channels = images[1]!;
  if (isPerChannel(term, channels)) return graph.reshape(toPlain(graph, term), [channels, 1, 1]);
  return isPerImage(term, images) ? graph.reshape(toPlain(graph, term), [images[0]!, channels, 1, 1]) : undefined;
}
