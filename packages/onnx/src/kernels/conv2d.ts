import type { GraphBuilder, GraphValue } from '../graph/graph-builder.ts';
import { type Shape, sameSizes } from '../graph/shape.ts';
import { imageTerm, plainTerm, type Term, toImages, toPlain } from '../graph/term.ts';
import { biasAndActivation, fusedActivations } from './activation.ts';
import { convWindow, transposedAttributes, type Window, windowAttributes } from './conv-window.ts';
import { filterGradient } from './filter-gradient.ts';
import { forTypes, input, type KernelCall, type KernelMapping, type Mappings } from './mapping.ts';

const float = ['float32'] as const;

export const channelsFirstShape = ([n, h, w, c]: Shape): number[] => [n!, c!, h!, w!];

/** tfjs's `[h, w, in, out]` filter as ONNX's `[out, in, h, w]`. */
const onnxFilter = (graph: GraphBuilder, filter: Term): GraphValue =>
  graph.transpose(toPlain(graph, filter), [3, 2, 0, 1]);

const windowOf = (call: KernelCall<{ shape: Shape }>): Window | undefined =>
  convWindow(input(call, 'x').shape, input(call, 'filter').shape, call.attrs);

/** Whether the incoming gradient has the size that the window gives; tfjs lets others pass. */
export const agrees = (window: Window | undefined, call: KernelCall<{ shape: Shape }>): boolean =>
  window !== undefined && sameSizes(input(call, 'dy').shape, window.outShape);

function convolve(graph: GraphBuilder, call: KernelCall<Term>, fused: boolean): Term {
  const window = windowOf(call)!;
  const x = toImages(graph, input(call, 'x'));
  const { bias } = call.inputs;
  // A bias of one value per channel goes into the node itself.
  const inside = fused && bias?.shape.length === 1 && bias.shape[0] === window.outShape[3];
  const inputs = [x, onnxFilter(graph, input(call, 'filter')), inside ? toPlain(graph, bias) : undefined];
  const output = { type: 'float32' as const, shape: channelsFirstShape(window.outShape) };
  const y = imageTerm(graph.op('Conv', inputs, output, windowAttributes(window)), window.outShape);
  return fused ? biasAndActivation(graph, y, call, inside) : y;
}

const infer: KernelMapping['infer'] = (call) => {
  const { activation } = call.attrs as { activation?: string };
  if (activation && !fusedActivations.includes(activation)) return undefined;
  // A filter over a part of the channels means groups, which tfjs's own cpu kernel understands no better.
  if (input(call, 'filter').shape[2] !== input(call, 'x').shape[3]) return undefined;
  const window = windowOf(call);
  return window && [{ type: 'float32', shape: window.outShape }];
};

const backpropInput: KernelMapping = forTypes(float, {
  infer: (call) => {
    const shape = call.attrs['inputShape'] as number[];
    const window = convWindow(shape, input(call, 'filter').shape, call.attrs);
    return agrees(window, call) ? [{ type: 'float32', shape }] : undefined;
  },
  emit: (graph, call, [type]) => {
    const filter = input(call, 'filter');
    const window = convWindow(type!.shape, filter.shape, call.attrs)!;
    const dy = toImages(graph, input(call, 'dy'));
    const output = { type: 'float32' as const, shape: channelsFirstShape(type!.shape) };
    const dx = graph.op('ConvTranspose', [dy, onnxFilter(graph, filter)], output, transposedAttributes(window));
    return [imageTerm(dx, type!.shape)];
  },
});

const backpropFilter: KernelMapping = forTypes(float, {
  infer: (call) => {
    const shape = call.attrs['filterShape'] as number[];
    const window = convWindow(input(call, 'x').shape, shape, call.attrs);
    return agrees(window, call) ? [{ type: 'float32', shape }] : undefined;
  },
  emit: (graph, call, [type]) => {
    const x = input(call, 'x');
    const window = convWindow(x.shape, type!.shape, call.attrs)!;
    return [plainTerm(filterGradient(graph, { x, dy: input(call, 'dy'), window, shape: type!.shape }))];
  },
});

/** Kernels of convolutions over all channels. */
export const conv2dKernels: Mappings = {
  Conv2D: forTypes(float, { infer, emit: (graph, call) => [convolve(graph, call, false)] }),
  FusedConv2D: forTypes(float, { infer, emit: (graph, call) => [convolve(graph, call, true)] }),
  Conv2DBackpropInput: backpropInput,
  Conv2DBackpropFilter: backpropFilter,
};
