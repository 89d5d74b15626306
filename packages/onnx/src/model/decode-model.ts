import { ZooError } from '@zoo/core';
import { type ProtobufField, readFields, toFloat, toFloats, toInt, toInts, toText } from '../protobuf/reader.ts';
import {
  type ElementData,
  type ElementType,
  elementCodes,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValueInfo,
} from './types.ts';

/**
 * Reads an `.onnx` file as `encodeModel` writes it: one graph whose constants are stored as raw bytes.
 * Throws INVALID_ARGUMENT for anything else, such as subgraphs or weights in other files.
 */
export function decodeModel(bytes: Uint8Array): OnnxModel {
  const opsets: Record<string, number> = {};
  const metadata: Record<string, string> = {};
  let graph: OnnxGraph | undefined;
  let irVersion = 0;
  let producer = '';
  for (const field of readFields(bytes)) {
    if (field.field === 1) irVersion = toInt(field);
    else if (field.field === 2) producer = toText(field);
    else if (field.field === 7) graph = readGraph(field.bytes);
    else if (field.field === 8) {
      const [domain, version] = pair(field);
      opsets[domain ? toText(domain) : ''] = version ? toInt(version) : 0;
    } else if (field.field === 14) {
      const [key, value] = pair(field);
      if (key) metadata[toText(key)] = value ? toText(value) : '';
    }
  }
  if (!graph) throw new ZooError('INVALID_ARGUMENT', 'The ONNX file has no graph.');
  const keys = Object.keys(metadata);
  return { irVersion, opsets, producer, graph, ...(keys.length > 0 && { metadata }) };
}

/** Fields 1 and 2 of a small message. */
function pair({ bytes }: ProtobufField): [ProtobufField | undefined, ProtobufField | undefined] {
  const fields = [...readFields(bytes)];
  return [fields.find(({ field }) => field === 1), fields.find(({ field }) => field === 2)];
}

function readGraph(bytes: Uint8Array): OnnxGraph {
  const nodes: OnnxNode[] = [];
  const inputs: OnnxValueInfo[] = [];
  const outputs: OnnxValueInfo[] = [];
  const initializers = new Map<string, OnnxTensor>();
  let name = '';
  for (const field of readFields(bytes)) {
    if (field.field === 1) nodes.push(readNode(field.bytes));
    else if (field.field === 2) name = toText(field);
    else if (field.field === 5) {
      const tensor = readTensor(field.bytes);
      initializers.set(tensor.name, tensor.value);
    } else if (field.field === 11) inputs.push(readValueInfo(field.bytes));
    else if (field.field === 12) outputs.push(readValueInfo(field.bytes));
  }
  return { name, nodes, inputs, outputs, initializers };
}

function readNode(bytes: Uint8Array): OnnxNode {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes: Record<string, OnnxAttribute> = {};
  const node = { opType: '', domain: '', inputs, outputs, attributes };
  let name = '';
  for (const field of readFields(bytes)) {
    if (field.field === 1) inputs.push(toText(field));
    else if (field.field === 2) outputs.push(toText(field));
    else if (field.field === 3) name = toText(field);
    else if (field.field === 4) node.opType = toText(field);
    else if (field.field === 5) Object.assign(attributes, readAttribute(field.bytes));
    else if (field.field === 7) node.domain = toText(field);
  }
  return name ? { ...node, name } : node;
}

function readAttribute(bytes: Uint8Array): Record<string, OnnxAttribute> {
  let name = '';
  let value: OnnxAttribute = 0;
  const ints: number[] = [];
  const floats: number[] = [];
  let type = 0;
  for (const field of readFields(bytes)) {
    if (field.field === 1) name = toText(field);
    else if (field.field === 2) value = { float: toFloat(field) };
    else if (field.field === 3) value = toInt(field);
    else if (field.field === 4) value = toText(field);
    else if (field.field === 5) value = { tensor: readTensor(field.bytes).value };
    else if (field.field === 6) throw new ZooError('INVALID_ARGUMENT', `The attribute '${name}' holds a subgraph.`);
    else if (field.field === 7) floats.push(...toFloats(field));
    else if (field.field === 8) ints.push(...toInts(field));
    else if (field.field === 20) type = toInt(field);
  }
  if (type === 7) value = ints;
  if (type === 6) value = { floats };
  return { [name]: value };
}

function elementType(code: number): ElementType {
  const found = Object.entries(elementCodes).find(([, known]) => known === code);
  if (!found) throw new ZooError('INVALID_ARGUMENT', `ONNX element type ${code} is not read here.`);
  return found[0] as ElementType;
}

const dataTypes = { float32: Float32Array, int32: Int32Array, int64: BigInt64Array, bool: Uint8Array };

function readTensor(bytes: Uint8Array): { name: string; value: OnnxTensor } {
  const shape: number[] = [];
  let name = '';
  let type: ElementType = 'float32';
  let raw: Uint8Array | undefined;
  for (const field of readFields(bytes)) {
    if (field.field === 1) shape.push(...toInts(field));
    else if (field.field === 2) type = elementType(toInt(field));
    else if (field.field === 8) name = toText(field);
    else if (field.field === 9) raw = field.bytes;
    else throw new ZooError('INVALID_ARGUMENT', `The constant '${name}' is not stored as raw bytes.`);
  }
  const own = new Uint8Array(raw ?? []); // a copy, which slice() of Node's Buffer is not
  const data: ElementData = new dataTypes[type](own.buffer);
  return { name, value: { type, shape, data } };
}

function readValueInfo(bytes: Uint8Array): OnnxValueInfo {
  const [name, type] = pair({ field: 0, wireType: 2, bits: 0n, bytes });
  const [tensorType] = type ? pair(type) : [];
  const [code, shape] = tensorType ? pair(tensorType) : [];
  const sizes = shape
    ? [...readFields(shape.bytes)].map((dim) => {
        const [value, symbol] = pair(dim);
        return symbol ? toText(symbol) : value ? toInt(value) : 0;
      })
    : [];
  return { name: name ? toText(name) : '', type: elementType(code ? toInt(code) : 1), shape: sizes };
}
