import type { GraphBuilder, GraphValue } from '../graph/graph-builder.ts';
import { sameSizes, sizeOf } from '../graph/shape.ts';
import { imageTerm, type Term, toImages } from '../graph/term.ts';
import type { OnnxAttributes } from '../model/types.ts';
import { poolWindow, transposedAttributes, type Window, windowAttributes } from './conv-window.ts';
import { channelsFirstShape } from './conv2d.ts';
import { forTypes, input, type KernelMapping, type Mappings } from './mapping.ts';

const float = ['float32'] as const;

function attributesOf(window: Window): OnnxAttributes {
  const { dilations: _, ...attributes } = windowAttributes(window);
  return attributes;
}

/** ONNX Runtime refuses padding that covers a whole window, where tfjs gives -Infinity or NaN. */
function fits({ kernel, pads, output }: Window): boolean {
  const { top, left, bottom, right } = pads;
  return Math.max(top, bottom) < kernel[0] && Math.max(left, right) < kernel[1] && Math.min(...output, top, left) >= 0;
}

function pool(run: (graph: GraphBuilder, x: GraphValue, window: Window) => GraphValue): KernelMapping {
  return forTypes(float, {
    infer: (call) => {
      const window = poolWindow(input(call, 'x').shape, call.attrs);
      return fits(window) ? [{ type: 'float32', shape: window.outShape }] : undefined;
    },
    emit: (graph, call) => {
      const x = input(call, 'x');
      const window = poolWindow(x.shape, call.attrs);
      return [imageTerm(run(graph, toImages(graph, x), window), window.outShape)];
    },
  });
}

const outputOf = (window: Window) => ({ type: 'float32' as const, shape: channelsFirstShape(window.outShape) });

const maximum = (graph: GraphBuilder, x: GraphValue, window: Window): GraphValue =>
  graph.op('MaxPool', [x], outputOf(window), attributesOf(window));

/** Padding does not count, as in tfjs. */
const average = (graph: GraphBuilder, x: GraphValue, window: Window): GraphValue =>
  graph.op('AveragePool', [x], outputOf(window), { ...attributesOf(window), count_include_pad: 0 });

interface Gradient {
  source: Term;
  window: Window;
  /** Divide by all pixels of a window, those in the padding included. */
  wholeWindow: boolean;
}

function poolGradient(
  images: string,
  run: (graph: GraphBuilder, dy: GraphValue, gradient: Gradient) => GraphValue,
): KernelMapping {
  return forTypes(float, {
    infer: (call) => {
      const { shape } = input(call, images);
      const window = poolWindow(shape, call.attrs);
      const agree = sameSizes(input(call, 'dy').shape, window.outShape);
      return agree && fits(window) ? [{ type: 'float32', shape }] : undefined;
    },
    emit: (graph, call) => {
      const source = input(call, images);
      const window = poolWindow(source.shape, call.attrs);
      // Padding given as an array counts in the divisor of tfjs's gradient.
      const wholeWindow = Array.isArray(call.attrs['pad']);
      const dy = toImages(graph, input(call, 'dy'));
      return [imageTerm(run(graph, dy, { source, window, wholeWindow }), source.shape)];
    },
  });
}

/** Each gradient goes to the first maximum of its window. */
function maximumGradient(graph: GraphBuilder, dy: GraphValue, { source, window }: Gradient): GraphValue {
  const x = toImages(graph, source);
  const outputs = [outputOf(window), { type: 'int64' as const, shape: outputOf(window).shape }];
  const [, indices] = graph.ops('MaxPool', [x], outputs, attributesOf(window));
  const count = sizeOf(dy.shape);
  const size = sizeOf(x.shape);
  const zeros = graph.expand(graph.scalar('float32', 0), [size]);
  const overlapping = window.kernel.some((length, axis) => length > window.stride[axis]!);
  const inputs = [zeros, graph.reshape(indices!, [count]), graph.reshape(dy, [count])];
  const scattered = graph.op(
    'ScatterElements',
    inputs,
    { type: 'float32', shape: [size] },
    {
      axis: 0,
      ...(overlapping && { reduction: 'add' }),
    },
  );
  return graph.reshape(scattered, x.shape);
}

/** Pixels that are not padding, by window. */
function countsOf({ input: sizes, output, kernel, stride, pads }: Window): number[] {
  const along = (axis: 0 | 1, before: number) =>
    Array.from({ length: output[axis] }, (_, i) => {
      const start = i * stride[axis] - before;
      return Math.min(start + kernel[axis], sizes[axis]) - Math.max(start, 0);
    });
  const columns = along(1, pads.left);
  return along(0, pads.top).flatMap((rows) => columns.map((column) => rows * column));
}

/** Each pixel gets its share of the gradients of all windows that it is in. */
function averageGradient(graph: GraphBuilder, dy: GraphValue, { source, window, wholeWindow }: Gradient): GraphValue {
  const [n, h, w, c] = source.shape as [number, number, number, number];
  const { output, kernel } = window;
  const covered = countsOf(window);
  const counts = wholeWindow ? covered.map(() => kernel[0] * kernel[1]) : covered;
  const even = counts.every((count) => count === counts[0]);
  const shares = counts.map((count) => 1 / count);
  const factors = even ? graph.scalar('float32', shares[0]!) : graph.constant('float32', [1, 1, ...output], shares);
  const share = graph.op('Mul', [dy, factors], dy);
  if (output[0] === 1 && output[1] === 1 && kernel[0] === h && kernel[1] === w)
    return graph.expand(share, [n, c, h, w]);
  // Every channel is an image of its own.
  const ones = graph.constant(
    'float32',
    [1, 1, ...kernel],
    Array.from({ length: kernel[0] * kernel[1] }, () => 1),
  );
  const single = graph.reshape(share, [n * c, 1, ...output]);
  const spread = graph.op(
    'ConvTranspose',
    [single, ones],
    { type: 'float32', shape: [n * c, 1, h, w] },
    transposedAttributes(window),
  );
  return graph.reshape(spread, [n, c, h, w]);
}

/** Kernels of pools over height and width. */
export const poolKernels: Mappings = {
  MaxPool: pool(maximum),
  AvgPool: pool(average),
  MaxPoolGrad: poolGradient('input', maximumGradient),
  AvgPoolGrad: poolGradient('input', averageGradient),
};
