import {
  getKernel,
  type KernelFunc,
  type NamedAttrMap,
  type NamedTensorInfoMap,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { ReportingWebGPUBackend } from '../backend.ts';

type Inputs = NamedTensorInfoMap | TensorInfo[];

function run(name: string, backend: ReportingWebGPUBackend, inputs: Inputs, attrs: NamedAttrMap): TensorInfo {
  const { kernelFunc } = getKernel(name, 'webgpu');
  return kernelFunc({ inputs: inputs as NamedTensorInfoMap, attrs, backend }) as TensorInfo;
}

/** Runs a kernel whose workgroups count the images of `input` on parts of the batch that the device allows, then joins them. */
export function splitBatch(stock: KernelFunc, input: string): KernelFunc {
  return (params) => {
    const backend = params.backend as ReportingWebGPUBackend;
    const inputs = params.inputs as NamedTensorInfoMap;
    const x = inputs[input]!;
    const [batch = 0, ...rest] = x.shape;
    const limit = backend.maxWorkgroups;
    if (batch <= limit) return stock(params);

    const parts: TensorInfo[] = [];
    for (let begin = 0; begin < batch; begin += limit) {
      const size = [Math.min(limit, batch - begin), ...rest];
      const part = run('Slice', backend, { x }, { begin: [begin, ...rest.map(() => 0)], size });
      parts.push(stock({ ...params, inputs: { ...inputs, [input]: part } }) as TensorInfo);
      backend.disposeData(part.dataId);
    }
    const joined = run('Concat', backend, parts, { axis: 0 });
    for (const part of parts) backend.disposeData(part.dataId);
    return joined;
  };
}
