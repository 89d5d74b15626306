import type { GraphBuilder, GraphValue } from '../graph/graph-builder.ts';
import { sameSizes } from '../graph/shape.ts';
import { blockDomain, blockTerm, imageTerm, type Term, toImages } from '../graph/term.ts';
import { averageGradient } from './average-pool-gradient.ts';
import { poolAttributes, poolWindow, type Window } from './conv-window.ts';
import { channelsFirstShape } from './conv2d.ts';
import { forTypes, input, type KernelMapping, type Mappings } from './mapping.ts';
import { maximumPool } from './max-pool.ts';
import { maximumGradient, type PoolGradient } from './max-pool-gradient.ts';

const float = ['float32'] as const;

/** ONNX Runtime refuses padding that covers a whole window, where tfjs gives -Infinity or NaN. */
function fits({ kernel, pads, output }: Window): boolean {
  const { top, left, bottom, right } = pads;
  return Math.max(top, bottom) < kernel[0] && Math.max(left, right) < kernel[1] && Math.min(...output, top, left) >= 0;
}

interface Pool {
  window: Window;
  /** Of the node: ONNX's, or that of blocks. */
  domain: string;
}

function pool(run: (graph: GraphBuilder, x: GraphValue, pool: Pool) => GraphValue): KernelMapping {
  return forTypes(float, {
    infer: (call) => {
      const window = poolWindow(input(call, 'x').shape, call.attrs);
      return fits(window) ? [{ type: 'float32', shape: window.outShape }] : undefined;
    },
    emit: (graph, call) => {
      const x = input(call, 'x');
      const window = poolWindow(x.shape, call.attrs);
      if (x.blocks) return [blockTerm(run(graph, x.blocks, { window, domain: blockDomain }), window.outShape)];
      return [imageTerm(run(graph, toImages(graph, x), { window, domain: '' }), window.outShape)];
    },
  });
}

const outputOf = (window: Window) => ({ type: 'float32' as const, shape: channelsFirstShape(window.outShape) });

const maximum = (graph: GraphBuilder, x: GraphValue, { window, domain }: Pool): GraphValue =>
  maximumPool(graph, x, window, domain);

/** Padding does not count, as in tfjs. */
const average = (graph: GraphBuilder, x: GraphValue, { window, domain }: Pool): GraphValue =>
  graph.op('AveragePool', [x], outputOf(window), { ...poolAttributes(window), count_include_pad: 0 }, domain);

function poolGradient(run: (graph: GraphBuilder, gradient: PoolGradient) => Term): KernelMapping {
  return forTypes(float, {
    infer: (call) => {
      const { shape } = input(call, 'input');
      const window = poolWindow(shape, call.attrs);
      const agree = sameSizes(input(call, 'dy').shape, window.outShape);
      return agree && fits(window) ? [{ type: 'float32', shape }] : undefined;
    },
    emit: (graph, call) => {
      const x = input(call, 'input');
      const window = poolWindow(x.shape, call.attrs);
      // Padding given as an array counts in the divisor of tfjs's gradient.
      const wholeWindow = Array.isArray(call.attrs['pad']);
      return [run(graph, { x, dy: input(call, 'dy'), window, wholeWindow })];
    },
  });
}

/** Kernels of pools over height and width. */
export const poolKernels: Mappings = {
  MaxPool: pool(maximum),
  AvgPool: pool(average),
  MaxPoolGrad: poolGradient(maximumGradient),
  AvgPoolGrad: poolGradient(averageGradient),
};
