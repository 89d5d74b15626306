import type { GraphBuilder } from '../graph/graph-builder.ts';
import { sameSizes } from '../graph/shape.ts';
import { broadcastTerm, type Term, toPlain } from '../graph/term.ts';
import { convolutionWithBias, convolutionWithRelu, scaledWithBias } from './absorb.ts';
import { affine, affineSum } from './affine.ts';
import { numberOp, step, unary, unaryOp } from './elementwise.ts';
import { input, type KernelCall, type KernelMapping, type Mappings } from './mapping.ts';
import { isPerChannel } from './pointwise.ts';

/** ReLU, by the node that made its input where that can take it in. */
function relu(): KernelMapping {
  const alone = unary(['float32'], unaryOp('Relu'));
  return {
    infer: alone.infer,
    emit: (graph, call, types) => {
      const x = input(call, 'x');
      // Its gradient asks for the sign of the input; the result has the same, and is there anyway.
      const free = call.otherReaders?.('x').every((kernel) => kernel === 'Step');
      const rectified = (free && convolutionWithRelu(graph, x)) || alone.emit(graph, call, types)[0]!;
      x.rectified = rectified;
      return [rectified];
    },
  };
}

function stepOfRelu(): KernelMapping {
  const alone = unary(['float32', 'int32'], step);
  return {
    infer: alone.infer,
    emit: (graph, call, types) => {
      const x = input(call, 'x');
      return alone.emit(graph, { ...call, inputs: { x: x.rectified ?? x } }, types);
    },
  };
}

/** A sum, by the node that made one of its parts where that can take it in. */
function add(): KernelMapping {
  const alone = numberOp('Add');
  const absorbed = (graph: GraphBuilder, call: KernelCall<Term>): Term | undefined => {
    const [a, b] = [input(call, 'a'), input(call, 'b')];
    const isOnlyReader = (name: string) => call.otherReaders?.(name).length === 0;
    const biased = (x: Term, bias: Term) => convolutionWithBias(graph, x, bias) ?? scaledWithBias(graph, x, bias);
    return (isOnlyReader('a') && biased(a, b)) || (isOnlyReader('b') && biased(b, a)) || affineSum(graph, a, b);
  };
  return {
    infer: alone.infer,
    emit: (graph, call, types) => {
      const sum = absorbed(graph, call);
      return sum ? [sum] : alone.emit(graph, call, types);
    },
  };
}

/** Blocks times one number per channel. */
const scaled = (graph: GraphBuilder, x: Term, scale: Term): Term | undefined =>
  x.blocks && isPerChannel(scale, x.shape.at(-1)!) && !sameSizes(x.shape, scale.shape)
    ? affine(graph, x, { scale: graph.reshape(toPlain(graph, scale), [x.shape.at(-1)!]) })
    : undefined;

/** A product with ones, which gradients of sums contain, only repeats. */
function multiply(): KernelMapping {
  const product = numberOp('Mul');
  return {
    infer: product.infer,
    emit: (graph, call, types) => {
      const [a, b] = [input(call, 'a'), input(call, 'b')];
      const other = a.fill === 1 ? b : b.fill === 1 ? a : undefined;
      const { shape } = types[0]!;
      if (!other) return [scaled(graph, a, b) ?? scaled(graph, b, a) ?? product.emit(graph, call, types)[0]!];
      return [sameSizes(other.shape, shape) ? other : broadcastTerm(other.source ?? other, shape)];
    },
  };
}

/** Elementwise kernels that nodes before them can take in. */
export const mergingKernels: Mappings = { Relu: relu(), Step: stepOfRelu(), Add: add(), Multiply: multiply() };
