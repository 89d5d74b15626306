import {
  backend_util,
  type Conv2DBackpropFilterAttrs,
  type Conv2DBackpropFilterInputs,
  type KernelFunc,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { ReportingWebGPUBackend } from '../backend.ts';
import {
  filterGradientProgram,
  filterGradientUniforms,
  planFilterGradient,
} from '../programs/filter-gradient-program.ts';
import { flatProgram } from '../programs/flat-program.ts';

/** Adds the partial products of all splits, in order. */
function addSplits(backend: ReportingWebGPUBackend, partials: TensorInfo, filterShape: number[]): TensorInfo {
  const program = flatProgram({
    label: 'AddSplits',
    outputShape: filterShape,
    variableNames: ['partials'],
    uniforms: 'splits : i32,',
    body: `
      var sum = 0.0;
      for (var i = 0; i < uniforms.splits; i++) { sum += partials[i * uniforms.size + index]; }
      result[index] = sum;`,
  });
  const sum = backend.runWebGPUProgram(program, [partials], 'float32', [{ type: 'int32', data: [partials.shape[0]!] }]);
  backend.disposeData(partials.dataId);
  return sum;
}

/**
 * Conv2DBackpropFilter as a tiled matrix product over patches of NHWC images; the stock kernel gives one thread per
 * weight a loop over all output pixels. Channels-first tensors, and software adapters, to which barriers are slow, keep
 * the stock kernel.
 */
export function conv2dBackpropFilter(stock: KernelFunc): KernelFunc {
  return (params) => {
    const backend = params.backend as ReportingWebGPUBackend;
    const { x, dy } = params.inputs as Conv2DBackpropFilterInputs;
    const attrs = params.attrs as unknown as Conv2DBackpropFilterAttrs;
    const { strides, pad, dataFormat, dimRoundingMode, filterShape } = attrs;
    if (!backend.tiledFilterGradient || dataFormat !== 'NHWC') return stock(params);

    const info = backend_util.computeConv2DInfo(
      x!.shape as [number, number, number, number],
      filterShape,
      strides,
      1,
      pad,
      dimRoundingMode,
    );
    const plan = planFilterGradient(info);
    const program = filterGradientProgram(plan);
    const uniforms = filterGradientUniforms(plan, info);
    const partials = backend.runWebGPUProgram(program, [x!, dy!], 'float32', uniforms);
    return addSplits(backend, partials, filterShape);
  };
}
