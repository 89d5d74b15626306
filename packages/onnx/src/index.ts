export { exportOnnx, streamOnnx } from './export/export-onnx.ts';
export type { ExportOptions } from './export/options.ts';
export type { GraphOptions } from './graph/graph-builder.ts';
export type { TensorElement, TensorType } from './graph/term.ts';
export { inferCall, mappedKernels } from './kernels/kernels.ts';
export type { KernelCall } from './kernels/mapping.ts';
export { decodeModel } from './model/decode-model.ts';
export { encodeModel } from './model/encode-model.ts';
export type {
  ElementData,
  ElementType,
  OnnxAttribute,
  OnnxAttributes,
  OnnxGraph,
  OnnxModel,
  OnnxNode,
  OnnxTensor,
  OnnxValueInfo,
} from './model/types.ts';
export {
  opsetVersion,
  type Program,
  type ProgramCall,
  type ProgramLeaf,
  type ProgramValue,
  programGraph,
  toModel,
} from './program.ts';
