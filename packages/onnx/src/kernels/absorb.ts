import type { GraphBuilder, GraphValue } from '../graph/graph-builder.ts';
import { sameSizes } from '../graph/shape.ts';
import { blockDomain, blockTerm, imageTerm, type Term, toPlain } from '../graph/term.ts';
import { isPerChannel } from './pointwise.ts';

/**
 * The convolution that made the term. Made once more with more to do, it replaces the first one, as long as nobody else
 * reads that.
 */
function convolutionOf(graph: GraphBuilder, { blocks, images }: Term) {
  const value = blocks ?? images;
  const made = value && graph.producer(value);
  if (made?.node.opType !== 'Conv') return undefined;
  const { attributes, domain } = made.node;
  const again = (inputs: ReadonlyArray<GraphValue | undefined>, more: object = {}): GraphValue =>
    graph.op('Conv', inputs, value!, { ...attributes, ...more }, domain);
  return { inputs: made.inputs, attributes, domain, again };
}

const termLike = ({ blocks, shape }: Term, value: GraphValue): Term =>
  blocks ? blockTerm(value, shape) : imageTerm(value, shape);

/** `x` plus one number per channel, by the convolution that made `x`; undefined where another node did. */
export function convolutionWithBias(graph: GraphBuilder, x: Term, bias: Term): Term | undefined {
  const made = convolutionOf(graph, x);
  const channels = x.shape.at(-1)!;
  if (!made || !isPerChannel(bias, channels) || made.attributes['activation'] !== undefined) return undefined;
  const [source, filter, ...rest] = made.inputs;
  if (rest.some((other) => other !== undefined)) return undefined;
  return termLike(x, made.again([source, filter, graph.reshape(toPlain(graph, bias), [channels])]));
}

/**
 * `x` plus one number per channel where `x` is images times one number per channel: together a batch norm, which ONNX Runtime
 * merges with its neighbours. Files get batch norms by a pass that also finds their statistics.
 */
export function scaledWithBias(graph: GraphBuilder, { images, shape }: Term, bias: Term): Term | undefined {
  const made = images && graph.options.forSession ? graph.producer(images) : undefined;
  if (made?.node.opType !== 'Mul' || !isPerChannel(bias, shape.at(-1)!)) return undefined;
  const channels = images!.shape[1]!;
  const isScale = (value: GraphValue | undefined) => value!.shape.join() === `${channels},1,1`;
  const scale = made.inputs.find(isScale);
  const source = made.inputs.find((value) => !isScale(value));
  if (!scale || !source || !sameSizes(source.shape, images!.shape)) return undefined;
  const vector = (value: GraphValue) => graph.reshape(value, [channels]);
  const filled = (value: number) => graph.constant('float32', [channels], new Array<number>(channels).fill(value));
  const inputs = [source, vector(scale), vector(toPlain(graph, bias)), filled(0), filled(1)];
  return imageTerm(graph.op('BatchNormalization', inputs, images!, { epsilon: { float: 0 } }), shape);
}

/** ReLU of `x`, by the convolution in blocks that made `x`; ONNX Runtime sees to the others by itself. */
export function convolutionWithRelu(graph: GraphBuilder, x: Term): Term | undefined {
  const made = convolutionOf(graph, x);
  if (made?.domain !== blockDomain || made.attributes['activation'] !== undefined) return undefined;
  return termLike(x, made.again(made.inputs, { activation: 'Relu' }));
}
