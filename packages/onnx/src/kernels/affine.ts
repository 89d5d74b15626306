import type { GraphBuilder, GraphValue } from '../graph/graph-builder.ts';
import { blockDomain, blockTerm, plainTerm, type Term, toBlocks } from '../graph/term.ts';
import { pointwise } from './pointwise.ts';

interface Affine {
  /** `[c]`; absent for 1. */
  scale?: GraphValue | undefined;
  /** `[c]`; absent for 0. */
  offset?: GraphValue | undefined;
  /** Added to the result. */
  sum?: Term | undefined;
}

/** `scale x + offset` by channel (last axis of `x`), in one pass over blocks. */
export function affine(graph: GraphBuilder, x: Term, { scale, offset, sum }: Affine): Term {
  if (!x.blocks) {
    const along = (a: Term, b: Term, opType: string) =>
      pointwise(graph, [a, b], (values, shape) => graph.op(opType, values, { type: 'float32', shape }));
    const scaled = scale ? along(x, plainTerm(scale), 'Mul') : x;
    const moved = offset ? along(scaled, plainTerm(offset), 'Add') : scaled;
    return sum ? along(moved, sum, 'Add') : moved;
  }
  const channels = x.blocks.shape[1]!;
  const factors = scale ?? graph.constant('float32', [channels], new Array<number>(channels).fill(1));
  const added = sum && toBlocks(graph, sum, x.blocks.shape);
  const inputs = [x.blocks, graph.reshape(factors, [channels, 1, 1, 1]), offset, added];
  return blockTerm(graph.op('Conv', inputs, x.blocks, attributes(channels), blockDomain), x.shape);
}

/** ONNX Runtime's convolution of every channel by itself with one number, which takes in a sum and an activation. */
const attributes = (channels: number) => ({
  group: channels,
  kernel_shape: [1, 1],
  strides: [1, 1],
  dilations: [1, 1],
  pads: [0, 0, 0, 0],
});

/** The affine node that made the term, if nothing was taken in after it: cheap enough to be made once more, with more. */
function openAffine(graph: GraphBuilder, { blocks }: Term) {
  const made = blocks && graph.producer(blocks);
  if (made?.node.domain !== blockDomain || made.node.opType !== 'Conv') return undefined;
  const [x, filter, offset, sum] = made.inputs;
  const { activation, group, kernel_shape: kernel } = made.node.attributes;
  const isAffine = group === x!.shape[1] && String(kernel) === '1,1';
  if (!isAffine || activation !== undefined || sum !== undefined) return undefined;
  return { inputs: [x, filter, offset], attributes: made.node.attributes };
}

/** The sum of blocks, by the affine node that gave one of them; undefined where none did. */
export function affineSum(graph: GraphBuilder, a: Term, b: Term): Term | undefined {
  if (!a.blocks || !b.blocks || a.shape.join() !== b.shape.join()) return undefined;
  const open = openAffine(graph, a);
  if (!open) return openAffine(graph, b) && affineSum(graph, b, a);
  return blockTerm(graph.op('Conv', [...open.inputs, b.blocks], a.blocks, open.attributes, blockDomain), a.shape);
}
