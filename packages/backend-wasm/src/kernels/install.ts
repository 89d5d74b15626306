import * as tf from '@tensorflow/tfjs-core';
import type { Kernel } from '../native/engine.ts';
import { conv2d, conv2dBackpropFilter, conv2dBackpropInput, fusedConv2d } from './conv2d.ts';
import { conv3dBackpropFilter, conv3dBackpropInput } from './conv3d.ts';
import {
  depthwiseConv2d,
  depthwiseConv2dBackpropFilter,
  depthwiseConv2dBackpropInput,
  fusedDepthwiseConv2d,
} from './depthwise.ts';
import { einsum } from './einsum.ts';
import { add, cast, clipByValue, maximum, minimum, relu, relu6 } from './elementwise.ts';
import { gather } from './gather.ts';
import { identity } from './identity.ts';
import { batchMatMul, fusedMatMul } from './mat-mul.ts';
import { avgPool, avgPoolGrad, maxPool, maxPoolGrad } from './pool.ts';
import { mean, sum } from './reduce.ts';
import { resizeBilinearGrad, resizeNearestNeighborGrad } from './resize-grad.ts';
import { unsortedSegmentSum } from './segment-sum.ts';

const kernels: readonly Kernel[] = [
  { name: tf.Add, run: add },
  { name: tf.AvgPool, run: avgPool },
  { name: tf.AvgPool3DGrad, run: avgPoolGrad },
  { name: tf.AvgPoolGrad, run: avgPoolGrad },
  { name: tf.BatchMatMul, run: batchMatMul },
  { name: tf._FusedMatMul, run: fusedMatMul },
  { name: tf.Cast, run: cast },
  { name: tf.ClipByValue, run: clipByValue },
  { name: tf.Conv2D, run: conv2d },
  { name: tf.FusedConv2D, run: fusedConv2d },
  { name: tf.Conv2DBackpropFilter, run: conv2dBackpropFilter },
  { name: tf.Conv2DBackpropInput, run: conv2dBackpropInput },
  { name: tf.Conv3DBackpropFilterV2, run: conv3dBackpropFilter },
  { name: tf.Conv3DBackpropInputV2, run: conv3dBackpropInput },
  { name: tf.DepthwiseConv2dNative, run: depthwiseConv2d },
  { name: tf.FusedDepthwiseConv2D, run: fusedDepthwiseConv2d },
  { name: tf.DepthwiseConv2dNativeBackpropFilter, run: depthwiseConv2dBackpropFilter },
  { name: tf.DepthwiseConv2dNativeBackpropInput, run: depthwiseConv2dBackpropInput },
  { name: tf.Einsum, run: einsum },
  { name: tf.GatherV2, run: gather },
  { name: tf.Identity, run: identity },
  { name: tf.Maximum, run: maximum },
  { name: tf.MaxPool, run: maxPool },
  { name: tf.MaxPool3D, run: maxPool },
  { name: tf.MaxPool3DGrad, run: maxPoolGrad },
  { name: tf.MaxPoolGrad, run: maxPoolGrad },
  { name: tf.Mean, run: mean },
  { name: tf.Minimum, run: minimum },
  { name: tf.Relu, run: relu },
  { name: tf.Relu6, run: relu6 },
  { name: tf.ResizeBilinearGrad, run: resizeBilinearGrad },
  { name: tf.ResizeNearestNeighborGrad, run: resizeNearestNeighborGrad },
  { name: tf.Sum, run: sum },
  { name: tf.UnsortedSegmentSum, run: unsortedSegmentSum },
];

/** Names of the kernels that this package brings. */
export const kernelNames: readonly string[] = kernels.map((kernel) => kernel.name);

const installed = new WeakSet<tf.KernelConfig>();

/** Puts our kernels in the place of tfjs's, or beside them; does nothing where that was done. */
export function installKernels(): void {
  for (const { name, run } of kernels) {
    const stock = tf.getKernel(name, 'wasm');
    if (stock && installed.has(stock)) continue;
    if (stock) tf.unregisterKernel(name, 'wasm');
    const stockFunc = stock?.kernelFunc;
    const kernelFunc: tf.KernelFunc = (args) => run(args as never, stockFunc);
    // The stock set-up still runs for every new backend, for the cases left to the stock kernel.
    const config = { ...stock, kernelName: name, backendName: 'wasm', kernelFunc };
    installed.add(config);
    tf.registerKernel(config);
  }
}
