import type { GraphBuilder, GraphValue } from '../graph/graph-builder.ts';
import { type Shape, sameSizes } from '../graph/shape.ts';
import { blockTerm, imageTerm, plainTerm, type Term, toImages, toPlain } from '../graph/term.ts';
import { biasAndActivation, fusedActivations } from './activation.ts';
import { blockedConv, blockFor } from './blocked-conv.ts';
import { convWindow, transposedAttributes, type Window, windowAttributes } from './conv-window.ts';
import { filterGradient } from './filter-gradient.ts';
import { blockedInputGradient } from './input-gradient.ts';
import { forTypes, input, type KernelCall, type KernelMapping, type Mappings } from './mapping.ts';

const float = ['float32'] as const;

export const channelsFirstShape = ([n, h, w, c]: Shape): number[] => [n!, c!, h!, w!];

/** tfjs's `[h, w, in, out]` filter as ONNX's `[out, in, h, w]`. */
function onnxFilter(graph: GraphBuilder, filter: Term): GraphValue {
  const value = toPlain(graph, filter);
  const [h, w, channels, filters] = value.shape as [number, number, number, number];
  if (h * w === 1 || channels < 16 || filters < 16) return graph.transpose(value, [3, 2, 0, 1]);
  // Two swaps take an eighth of the time of one permutation of all axes.
  const swapped = graph.transpose(graph.reshape(value, [h * w, channels, filters]), [0, 2, 1]);
  const last = graph.transpose(graph.reshape(swapped, [h * w, filters * channels]), [1, 0]);
  return graph.reshape(last, [filters, channels, h, w]);
}

const windowOf = (call: KernelCall<{ shape: Shape }>): Window | undefined =>
  convWindow(input(call, 'x').shape, input(call, 'filter').shape, call.attrs);

/** Whether the incoming gradient has the size that the window gives; tfjs lets others pass. */
export const agrees = (window: Window | undefined, call: KernelCall<{ shape: Shape }>): boolean =>
  window !== undefined && sameSizes(input(call, 'dy').shape, window.outShape);

function convolve(graph: GraphBuilder, call: KernelCall<Term>, fused: boolean): Term {
  const window = windowOf(call)!;
  const { bias } = call.inputs;
  const filter = input(call, 'filter');
  // A bias of one value per channel goes into the node itself.
  const inside = fused && bias?.shape.length === 1 && bias.shape[0] === window.outShape[3];
  const offset = inside ? toPlain(graph, bias) : undefined;
  const shape = channelsFirstShape(window.outShape);
  const attributes = windowAttributes(window);
  const block =
    filter.plain && graph.isConstant(filter.plain) ? undefined : blockFor(graph, filter.shape[2]!, filter.shape[3]!);
  const x = input(call, 'x');
  const y = block
    ? blockTerm(blockedConv(graph, { x, filter, bias: offset, shape, attributes, block }), window.outShape)
    : imageTerm(
        graph.op(
          'Conv',
          [toImages(graph, x), onnxFilter(graph, filter), offset],
          { type: 'float32', shape },
          attributes,
        ),
        window.outShape,
      );
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
    const shape = channelsFirstShape(type!.shape);
    const blocks = blockedInputGradient(graph, { dy: input(call, 'dy'), filter, window, shape: type!.shape });
    if (blocks) return [blocks];
    const dy = toImages(graph, input(call, 'dy'));
    const output = { type: 'float32' as const, shape };
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
