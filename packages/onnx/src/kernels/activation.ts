import type { GraphBuilder } from '../graph/graph-builder.ts';
import type { Term } from '../graph/term.ts';
import { floatLike, leaky, unaryOp } from './elementwise.ts';
import type { KernelCall } from './mapping.ts';
import { pointwise } from './pointwise.ts';

const plainOps: Readonly<Record<string, string>> = { relu: 'Relu', sigmoid: 'Sigmoid', elu: 'Elu' };

export const fusedActivations = ['linear', 'relu', 'relu6', 'prelu', 'leakyrelu', 'sigmoid', 'elu'];

/** What the fused kernels of tfjs do after their product: add a bias, then apply an activation. */
export function biasAndActivation(graph: GraphBuilder, product: Term, call: KernelCall<Term>, biased = false): Term {
  const { bias, preluActivationWeights: slopes } = call.inputs;
  const { activation, leakyreluAlpha } = call.attrs as { activation?: string; leakyreluAlpha?: number };
  const sum =
    bias && !biased
      ? pointwise(graph, [product, bias], ([x, b], shape) => graph.op('Add', [x!, b!], { type: x!.type, shape }))
      : product;
  if (!activation || activation === 'linear') return sum;
  if (activation === 'prelu') {
    return pointwise(graph, [sum, slopes!], ([x, alpha], shape) => leaky(graph, x!, alpha!, shape));
  }
  return pointwise(graph, [sum], ([x]) => {
    if (activation === 'relu6') {
      return graph.op('Clip', [x, floatLike(graph, x!, 0), floatLike(graph, x!, 6)], {
        type: x!.type,
        shape: x!.shape,
      });
    }
    if (activation === 'leakyrelu') return leaky(graph, x!, floatLike(graph, x!, leakyreluAlpha ?? 0.2), x!.shape);
    return unaryOp(plainOps[activation]!)(graph, x!, {});
  });
}
