/** Element types of ONNX that are used here. tfjs has no int64; ONNX takes shapes and indices in it. */
export type ElementType = 'float32' | 'int32' | 'int64' | 'bool';

/** Values of a constant, row by row. `bool` has one byte per value. */
export type ElementData = Float32Array | Int32Array | BigInt64Array | Uint8Array;

export interface OnnxTensor {
  type: ElementType;
  shape: readonly number[];
  data: ElementData;
}

/** An attribute; plain numbers are integers, since ONNX tells the two apart. */
export type OnnxAttribute =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly tensor: OnnxTensor };

export type OnnxAttributes = Readonly<Record<string, OnnxAttribute>>;

export interface OnnxNode {
  opType: string;
  /** '' is ONNX itself. */
  domain: string;
  /** Names of values; '' leaves an optional input out. */
  inputs: readonly string[];
  outputs: readonly string[];
  attributes: OnnxAttributes;
  name?: string;
}

/** A named input or output; a string in the shape names an unknown size, e.g. `batch`. */
export interface OnnxValueInfo {
  name: string;
  type: ElementType;
  shape: ReadonlyArray<number | string>;
}

export interface OnnxGraph {
  name: string;
  nodes: readonly OnnxNode[];
  inputs: readonly OnnxValueInfo[];
  outputs: readonly OnnxValueInfo[];
  initializers: ReadonlyMap<string, OnnxTensor>;
}

export interface OnnxModel {
  irVersion: number;
  /** Version by domain; '' is ONNX itself. */
  opsets: Readonly<Record<string, number>>;
  producer: string;
  graph: OnnxGraph;
  /** Free text by key, e.g. class names. */
  metadata?: Readonly<Record<string, string>>;
}

/** The `TensorProto.DataType` of each element type. */
export const elementCodes: Readonly<Record<ElementType, number>> = { float32: 1, int32: 6, int64: 7, bool: 9 };
