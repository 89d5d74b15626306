import { type WebGPUBackend, webgpu_util } from '@tensorflow/tfjs-backend-webgpu';

type Program = Parameters<WebGPUBackend['runWebGPUProgram']>[0];

export interface FlatProgramOptions {
  /** Name that errors and profiles show, kept by minifiers. */
  label: string;
  /** Tells variants of the code apart; the label and the tensors' ranks and dtypes are added. */
  key?: string;
  outputShape: number[];
  /** Buffers the code reads, in the order they are passed. */
  variableNames: string[];
  /** Extra members of the uniform struct, e.g. `count : i32,`. */
  uniforms?: string;
  /** WGSL statements for one output element at `index`. */
  body: string;
}

/** A program of one thread per output element. */
export function flatProgram(options: FlatProgramOptions): Program {
  const { label, key = '', outputShape, variableNames, uniforms, body } = options;
  const workgroupSize: [number, number, number] = [64, 1, 1];
  const dispatchLayout = webgpu_util.flatDispatchLayout(outputShape);
  const program: Program = {
    outputShape,
    variableNames,
    workgroupSize,
    dispatchLayout,
    dispatch: webgpu_util.computeDispatch(dispatchLayout, outputShape, workgroupSize),
    shaderKey: `zoo_${label}_${key}`,
    size: true,
    ...(uniforms === undefined ? {} : { uniforms }),
    getUserCode: () => `fn main(index : i32) { if (index < uniforms.size) { ${body} } }`,
  };
  // tfjs labels a shader by the name of its program's class.
  Object.defineProperty(program, 'constructor', { value: { name: label }, enumerable: false });
  return program;
}
