import type { GraphBuilder, GraphValue } from '../graph/graph-builder.ts';
import { broadcastShapes, type Shape, sameSizes, sizeOf } from '../graph/shape.ts';
import { imageTerm, plainTerm, type Term, toImages, toPlain } from '../graph/term.ts';

/** Builds the nodes of an elementwise computation; `shape` is the result's. */
export type Pointwise = (values: readonly GraphValue[], shape: Shape) => GraphValue;

/** Applies an elementwise computation, channels first where an operand is. */
export function pointwise(graph: GraphBuilder, operands: readonly Term[], build: Pointwise): Term {
  const shape = broadcastShapes(operands.map((term) => term.shape));
  const terms = withoutRepeats(operands, shape);
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

/** The operand in a form that broadcasts against `[n, c, h, w]` images; undefined where it would need more than a reshape. */
function alongImages(graph: GraphBuilder, term: Term, shape: Shape, images: Shape): GraphValue | undefined {
  if (sameSizes(term.shape, shape)) return toImages(graph, term, images);
  if (sizeOf(term.shape) === 1) return graph.reshape(toPlain(graph, term), []);
  const channels = images[1]!;
  if (sizeOf(term.shape) === channels && term.shape.at(-1) === channels) {
    return graph.reshape(toPlain(graph, term), [channels, 1, 1]);
  }
  const [n, h, w] = term.shape;
  if (term.shape.length === 4 && h === 1 && w === 1 && n === images[0]) {
    return graph.reshape(toPlain(graph, term), [n!, term.shape[3]!, 1, 1]);
  }
  return undefined;
}
