import {
  type BincountAttrs,
  type BincountInputs,
  type DenseBincountAttrs,
  type KernelFunc,
  util,
} from '@tensorflow/tfjs-core';
import type { ReportingWebGPUBackend } from '../backend.ts';
import { flatProgram } from '../programs/flat-program.ts';

/** The statement that counts one hit at `at` into `count`. */
function hit(binary: boolean, weighted: boolean): string {
  if (binary) return 'count = 1;';
  return weighted ? 'count += weights[at];' : 'count += 1;';
}

/**
 * Counts, or sums of weights, of the values 0 .. size - 1 in each row, one thread per bin. The stock kernel does not
 * compile for binary output, reads int32 weights as floats, and adds in no fixed order.
 */
export const bincount: KernelFunc = (params) => {
  const backend = params.backend as ReportingWebGPUBackend;
  const { x, weights } = params.inputs as BincountInputs;
  const { size, binaryOutput = false } = params.attrs as unknown as BincountAttrs & Partial<DenseBincountAttrs>;
  const weighted = util.sizeFromShape(weights!.shape) > 0;
  const oneRow = x!.shape.length === 1;
  const rowLength = x!.shape[x!.shape.length - 1]!;
  const dtype = weights!.dtype === 'float32' ? 'f32' : 'i32';
  const program = flatProgram({
    label: 'BincountInOrder',
    key: `${dtype}_${binaryOutput}`,
    outputShape: oneRow ? [size] : [x!.shape[0]!, size],
    variableNames: weighted ? ['x', 'weights'] : ['x'],
    uniforms: 'bins : i32, rowLength : i32,',
    body: `
      let row = index / uniforms.bins;
      let bin = index - row * uniforms.bins;
      var count = ${dtype}(0);
      for (var i = 0; i < uniforms.rowLength; i++) {
        let at = row * uniforms.rowLength + i;
        if (i32(x[at]) == bin) { ${hit(binaryOutput, weighted)} }
      }
      result[index] = count;`,
  });
  return backend.runWebGPUProgram(program, weighted ? [x!, weights!] : [x!], weights!.dtype, [
    { type: 'int32', data: [size] },
    { type: 'int32', data: [rowLength] },
  ]);
};
