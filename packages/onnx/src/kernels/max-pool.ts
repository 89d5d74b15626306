import type { GraphBuilder, GraphValue } from '../graph/graph-builder.ts';
import { blockDomain } from '../graph/term.ts';
import { poolAttributes, type Window } from './conv-window.ts';
import { channelsFirstShape } from './conv2d.ts';

const outputOf = (window: Window) => ({ type: 'float32' as const, shape: channelsFirstShape(window.outShape) });

const pooled = (graph: GraphBuilder, opType: string, x: GraphValue, window: Window, domain: string): GraphValue => {
  const padding = opType === 'AveragePool' ? { count_include_pad: 0 } : {};
  return graph.op(opType, [x], outputOf(window), { ...poolAttributes(window), ...padding }, domain);
};

/** Whether no number of `x` can be below zero. */
function isRectified(graph: GraphBuilder, x: GraphValue): boolean {
  const made = graph.producer(x);
  if (!made) return false;
  const { opType, attributes } = made.node;
  if (['Relu', 'Sigmoid'].includes(opType) || attributes['activation'] === 'Relu') return true;
  return (
    ['Concat', 'Reshape', 'Transpose', 'ReorderInput', 'ReorderOutput', 'MaxPool', 'AveragePool'].includes(opType) &&
    made.inputs.every((input, i) => (opType === 'Reshape' && i > 0) || isRectified(graph, input!))
  );
}

/**
 * The maximum of every window of images, in blocks or not. ONNX Runtime passes over NaN; a mean keeps it, and is no further NaN where
 * no infinities cancel each other out. Files say what ONNX says.
 */
export function maximumPool(graph: GraphBuilder, x: GraphValue, window: Window, domain: string): GraphValue {
  const largest = pooled(graph, 'MaxPool', x, window, domain);
  if (!graph.options.forSession) return largest;
  const sizes = isRectified(graph, x) ? x : graph.op('Abs', [x], x);
  const mean = pooled(graph, 'AveragePool', sizes, window, domain);
  const flags = graph.op('IsNaN', [mean], { type: 'bool', shape: mean.shape });
  return graph.op('Where', [flags, graph.scalar('float32', Number.NaN), largest], largest);
}

/** For every window the number of the last pixel that is NaN, counted from 1 row by row; 0 where there is none. */
export function lastNaN(graph: GraphBuilder, x: GraphValue, window: Window, domain: string): GraphValue {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const numbers = Array.from({ length: h * w }, (_, i) => i + 1);
  const run = domain === blockDomain ? graph.options.blockSize! : 1;
  const lines = graph.reshape(x, [(n * c) / run, h * w, run]);
  const flags = graph.op('IsNaN', [lines], { type: 'bool', shape: lines.shape });
  const places = graph.op(
    'Where',
    [flags, graph.constant('float32', [h * w, 1], numbers), graph.scalar('float32', 0)],
    lines,
  );
  return pooled(graph, 'MaxPool', graph.reshape(places, x.shape), window, domain);
}
