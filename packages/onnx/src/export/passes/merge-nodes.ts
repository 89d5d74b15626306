import { sizeOf } from '../../graph/shape.ts';
import type { OnnxNode } from '../../model/types.ts';
import type { ExportGraph } from '../export-graph.ts';
import { concatConstants, reshapeConstant } from './fold-constants.ts';

const ints = (value: unknown): number[] => [...(value as readonly number[])];

/** A bias added to a convolution or a matrix product, as the third input of that node. */
export function mergeBiases(graph: ExportGraph): void {
  graph.rewrite((node) => {
    if (node.opType !== 'Add') return undefined;
    for (const [x, y] of [node.inputs, [...node.inputs].reverse()]) {
      const product = graph.producer(x);
      const bias = graph.constant(y);
      if (!product || !bias || product.inputs[2] || !graph.readOnce(x!)) continue;
      const outputs = graph.constant(product.inputs[1])?.shape[product.attributes['transB'] === 0 ? 1 : 0];
      if (outputs === undefined || sizeOf(bias.shape) !== outputs) continue;
      const { shape } = bias;
      const perChannel = shape.at(-3) === outputs && shape.at(-2) === 1 && shape.at(-1) === 1;
      // More axes than the product has would be axes of the sum.
      const fits =
        (product.opType === 'Conv' && perChannel && shape.length <= 4) ||
        (product.opType === 'Gemm' && shape.at(-1) === outputs && shape.length <= 2);
      if (!fits) continue;
      const added = graph.add(reshapeConstant(bias, [outputs]));
      return { ...product, inputs: [product.inputs[0]!, product.inputs[1]!, added], outputs: node.outputs };
    }
    return undefined;
  });
}

/** Where a slice along the channels of images begins and ends. */
function channelSlice(graph: ExportGraph, node: OnnxNode | undefined): { begin: number; end: number } | undefined {
  if (node?.opType !== 'Slice') return undefined;
  const [begin, end, axis] = node.inputs.slice(1).map((name) => graph.constant(name)?.known);
  const single = begin?.length === 1 && end?.length === 1 && axis?.length === 1 && Number(axis[0]) === 1;
  return single ? { begin: Number(begin[0]), end: Number(end[0]) } : undefined;
}

/** Convolutions of equal parts of the channels, joined again, as one with groups. */
export function mergeGroups(graph: ExportGraph): void {
  graph.rewrite((node) => {
    if (node.opType !== 'Concat' || node.attributes['axis'] !== 1 || node.inputs.length < 2) return undefined;
    const convs = node.inputs.map((name) => graph.producer(name, 'Conv'));
    const [first] = convs;
    const slices = convs.map((conv) => graph.producer(conv?.inputs[0], 'Slice'));
    const weights = convs.map((conv) => graph.constant(conv?.inputs[1]));
    const source = slices[0]?.inputs[0];
    const width = weights[0]?.shape[1];
    const alike = convs.every((conv, i) => {
      const range = channelSlice(graph, slices[i]);
      return (
        conv?.inputs.length === 2 &&
        JSON.stringify(conv.attributes) === JSON.stringify(first!.attributes) &&
        slices[i]?.inputs[0] === source &&
        weights[i]?.shape.join() === weights[0]!.shape.join() &&
        range?.begin === i * width! &&
        range.end === (i + 1) * width!
      );
    });
    // A group more than the parts cover would be read from the channels left over.
    if (
      !alike ||
      first!.attributes['group'] !== undefined ||
      !source ||
      !coversAll(graph, source, width! * convs.length)
    ) {
      return undefined;
    }
    const joined = graph.add(
      concatConstants(
        weights.map((weight) => weight!),
        0,
      ),
    );
    return {
      ...first!,
      inputs: [source, joined],
      outputs: node.outputs,
      attributes: { ...first!.attributes, group: convs.length },
    };
  });
}

/** Whether the images that a convolution made have this many channels. */
function coversAll(graph: ExportGraph, name: string, channels: number): boolean {
  const node = graph.producer(name);
  if (!node) return graph.inputs.some((input) => input.name === name && input.shape[1] === channels);
  if (node.opType === 'Conv') return graph.constant(node.inputs[1])?.shape[0] === channels;
  const same = ['Relu', 'BatchNormalization', 'MaxPool', 'AveragePool', 'Sigmoid', 'Clip', 'Tanh', 'Elu', 'Add', 'Mul'];
  return same.includes(node.opType) && coversAll(graph, node.inputs[0]!, channels);
}

/** Zeros put around images for an average over all of the window, as an attribute of the pool. */
export function mergePaddings(graph: ExportGraph): void {
  graph.rewrite((node) => {
    if (node.opType !== 'AveragePool' || ints(node.attributes['pads']).some((amount) => amount !== 0)) return undefined;
    const pad = graph.producer(node.inputs[0], 'Pad');
    const amounts = graph.constant(pad?.inputs[1])?.known;
    const filler = graph.constant(pad?.inputs[2])?.known;
    if (pad?.attributes['mode'] !== 'constant' || amounts?.length !== 8 || filler?.[0] !== 0) return undefined;
    const [n0, c0, top, left, n1, c1, bottom, right] = Array.from(amounts as BigInt64Array, Number);
    const [height, width] = ints(node.attributes['kernel_shape']);
    const inside = Math.max(top!, bottom!) < height! && Math.max(left!, right!) < width!;
    if (n0 || c0 || n1 || c1 || !inside || Math.min(top!, left!, bottom!, right!) < 0) return undefined;
    const attributes = { ...node.attributes, pads: [top!, left!, bottom!, right!], count_include_pad: 1 };
    return { ...node, inputs: [pad.inputs[0]!], attributes };
  });
}
