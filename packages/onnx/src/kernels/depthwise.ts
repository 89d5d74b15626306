import type { GraphBuilder, GraphValue } from '../graph/graph-builder.ts';
import type { Shape } from '../graph/shape.ts';
import { imageTerm, plainTerm, type Term, toImages, toPlain } from '../graph/term.ts';
import { biasAndActivation, fusedActivations } from './activation.ts';
import { convWindow, transposedAttributes, type Window, windowAttributes } from './conv-window.ts';
import { agrees, channelsFirstShape } from './conv2d.ts';
import { forTypes, input, type KernelCall, type KernelMapping, type Mappings } from './mapping.ts';
import { reduceSum } from './reduction.ts';

const float = ['float32'] as const;

/** tfjs's `[h, w, c, multiplier]` filter as ONNX's `[c * multiplier, 1, h, w]`. */
function groupedFilter(graph: GraphBuilder, filter: Term): GraphValue {
  const [h, w, c, multiplier] = filter.shape as [number, number, number, number];
  return graph.reshape(graph.transpose(toPlain(graph, filter), [2, 3, 0, 1]), [c * multiplier, 1, h, w]);
}

const windowOf = (call: KernelCall<{ shape: Shape }>): Window | undefined =>
  convWindow(input(call, 'x').shape, input(call, 'filter').shape, call.attrs, true);

function convolve(graph: GraphBuilder, call: KernelCall<Term>): Term {
  const window = windowOf(call)!;
  const filter = groupedFilter(graph, input(call, 'filter'));
  const output = { type: 'float32' as const, shape: channelsFirstShape(window.outShape) };
  const attributes = { ...windowAttributes(window), group: input(call, 'x').shape[3]! };
  return imageTerm(graph.op('Conv', [toImages(graph, input(call, 'x')), filter], output, attributes), window.outShape);
}

const infer: KernelMapping['infer'] = (call) => {
  const { activation } = call.attrs as { activation?: string };
  if (activation && !fusedActivations.includes(activation)) return undefined;
  if (input(call, 'filter').shape[2] !== input(call, 'x').shape[3]) return undefined;
  const window = windowOf(call);
  return window && [{ type: 'float32', shape: window.outShape }];
};

const backpropInput: KernelMapping = forTypes(float, {
  infer: (call) => {
    const shape = call.attrs['inputShape'] as number[];
    const window = convWindow(shape, input(call, 'filter').shape, call.attrs, true);
    return agrees(window, call) ? [{ type: 'float32', shape }] : undefined;
  },
  emit: (graph, call, [type]) => {
    const filter = input(call, 'filter');
    const window = convWindow(type!.shape, filter.shape, call.attrs, true)!;
    const inputs = [toImages(graph, input(call, 'dy')), groupedFilter(graph, filter)];
    const output = { type: 'float32' as const, shape: channelsFirstShape(type!.shape) };
    const attributes = { ...transposedAttributes(window), group: type!.shape[3]! };
    return [imageTerm(graph.op('ConvTranspose', inputs, output, attributes), type!.shape)];
  },
});

/** For every position in the kernel, the sum over all pixels of input times gradient. */
const backpropFilter: KernelMapping = forTypes(float, {
  infer: (call) => {
    const shape = call.attrs['filterShape'] as number[];
    const window = convWindow(input(call, 'x').shape, shape, call.attrs, true);
    return agrees(window, call) ? [{ type: 'float32', shape }] : undefined;
  },
  emit: (graph, call, [type]) => {
    const [kh, kw, c, multiplier] = type!.shape as [number, number, number, number];
    const window = convWindow(input(call, 'x').shape, type!.shape, call.attrs, true)!;
    const x = toImages(graph, input(call, 'x'));
    const { pads, output, stride, dilation } = window;
    const [bottom, right] = [Math.max(0, pads.bottom), Math.max(0, pads.right)];
    const [n, , h, w] = x.shape as [number, number, number, number];
    const padded = graph.op('Pad', [x, graph.ints([0, 0, pads.top, pads.left, 0, 0, bottom, right])], {
      type: 'float32',
      shape: [n, c, h + pads.top + bottom, w + pads.left + right],
    });
    const slopes = graph.reshape(toImages(graph, input(call, 'dy')), [n, c, multiplier, ...output]);
    const sums: GraphValue[] = [];
    for (let i = 0; i < kh; i++) {
      for (let j = 0; j < kw; j++) {
        const begin = [i * dilation[0], j * dilation[1]];
        const ends = begin.map((start, axis) => start + (output[axis]! - 1) * stride[axis]! + 1);
        const inputs = [padded, graph.ints(begin), graph.ints(ends), graph.ints([2, 3]), graph.ints(stride)];
        const tap = graph.op('Slice', inputs, { type: 'float32', shape: [n, c, ...output] });
        const product = graph.op('Mul', [graph.reshape(tap, [n, c, 1, ...output]), slopes], slopes);
        sums.push(graph.reshape(reduceSum(graph, product, [0, 3, 4]), [1, c, multiplier]));
      }
    }
    const joined = graph.op('Concat', sums, { type: 'float32', shape: [kh * kw, c, multiplier] }, { axis: 0 });
    return [plainTerm(graph.reshape(joined, type!.shape))];
  },
});

/** Kernels of convolutions that keep channels apart. */
export const depthwiseKernels: Mappings = {
  DepthwiseConv2dNative: forTypes(float, { infer, emit: (graph, call) => [convolve(graph, call)] }),
  FusedDepthwiseConv2D: forTypes(float, {
    infer,
    emit: (graph, call) => [biasAndActivation(graph, convolve(graph, call), call)],
  }),
  DepthwiseConv2dNativeBackpropInput: backpropInput,
  DepthwiseConv2dNativeBackpropFilter: backpropFilter,
};
