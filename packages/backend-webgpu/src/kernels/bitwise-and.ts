import type { KernelFunc, NamedTensorInfoMap } from '@tensorflow/tfjs-core';
import type { ReportingWebGPUBackend } from '../backend.ts';
import { flatProgram } from '../programs/flat-program.ts';

/** `a & b` of int32 tensors of one shape; tfjs has no WebGPU kernel for it. */
export const bitwiseAnd: KernelFunc = (params) => {
  const backend = params.backend as ReportingWebGPUBackend;
  const { a, b } = params.inputs as NamedTensorInfoMap;
  const program = flatProgram({
    label: 'BitwiseAnd',
    outputShape: a!.shape,
    variableNames: ['a', 'b'],
    body: 'result[index] = a[index] & b[index];',
  });
  return backend.runWebGPUProgram(program, [a!, b!], 'int32');
};
