import { type DeferredBytes, type ProtobufPart, ProtobufWriter } from '../protobuf/writer.ts';
import {
  elementCodes,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValueInfo,
} from './types.ts';

/** The bytes of an `.onnx` file. */
export const encodeModel = (model: OnnxModel): Uint8Array => writeModel(model).finish();

/** The same in pieces; those of the named constants are read later, whatever the model says of their data. */
export const modelParts = (model: OnnxModel, deferred: ReadonlyMap<string, DeferredBytes>): ProtobufPart[] =>
  writeModel(model, deferred).parts();

/** Field numbers are those of onnx.proto. */
function writeModel(model: OnnxModel, deferred?: ReadonlyMap<string, DeferredBytes>): ProtobufWriter {
  const out = new ProtobufWriter();
  out.int(1, model.irVersion);
  out.string(2, model.producer);
  out.message(7, (graph) => writeGraph(graph, model.graph, deferred));
  for (const [domain, version] of Object.entries(model.opsets)) {
    out.message(8, (opset) => {
      opset.string(1, domain);
      opset.int(2, version);
    });
  }
  for (const [key, value] of Object.entries(model.metadata ?? {})) {
    out.message(14, (entry) => {
      entry.string(1, key);
      entry.string(2, value);
    });
  }
  return out;
}

function writeGraph(out: ProtobufWriter, graph: OnnxGraph, deferred?: ReadonlyMap<string, DeferredBytes>): void {
  for (const node of graph.nodes) out.message(1, (inner) => writeNode(inner, node));
  out.string(2, graph.name);
  for (const [name, tensor] of graph.initializers) {
    out.message(5, (inner) => writeTensor(inner, tensor, name, deferred?.get(name)));
  }
  for (const input of graph.inputs) out.message(11, (inner) => writeValueInfo(inner, input));
  for (const output of graph.outputs) out.message(12, (inner) => writeValueInfo(inner, output));
}

function writeNode(out: ProtobufWriter, { opType, domain, inputs, outputs, attributes, name }: OnnxNode): void {
  for (const input of inputs) out.string(1, input);
  for (const output of outputs) out.string(2, output);
  if (name) out.string(3, name);
  out.string(4, opType);
  for (const [key, value] of Object.entries(attributes)) {
    out.message(5, (inner) => {
      inner.string(1, key);
      writeAttribute(inner, value);
    });
  }
  if (domain) out.string(7, domain);
}

function writeAttribute(out: ProtobufWriter, value: OnnxAttribute): void {
  if (typeof value === 'number') {
    out.int(3, value);
    out.int(20, 2);
  } else if (typeof value === 'string') {
    out.string(4, value);
    out.int(20, 3);
  } else if ('float' in value) {
    out.float(2, value.float);
    out.int(20, 1);
  } else if ('floats' in value) {
    out.packedFloats(7, value.floats);
    out.int(20, 6);
  } else if ('tensor' in value) {
    out.message(5, (inner) => writeTensor(inner, value.tensor));
    out.int(20, 4);
  } else {
    out.packedInts(8, value);
    out.int(20, 7);
  }
}

function writeTensor(
  out: ProtobufWriter,
  { type, shape, data }: OnnxTensor,
  name?: string,
  deferred?: DeferredBytes,
): void {
  out.packedInts(1, shape);
  out.int(2, elementCodes[type]);
  if (name) out.string(8, name);
  out.bytes(9, deferred ?? new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

function writeValueInfo(out: ProtobufWriter, { name, type, shape }: OnnxValueInfo): void {
  out.string(1, name);
  out.message(2, (typeProto) => {
    typeProto.message(1, (tensorType) => {
      tensorType.int(1, elementCodes[type]);
      tensorType.message(2, (shapeProto) => {
        for (const size of shape) {
          shapeProto.message(1, (dim) => {
            if (typeof size === 'number') dim.int(1, size);
            else dim.string(2, size);
          });
        }
      });
    });
  });
}
