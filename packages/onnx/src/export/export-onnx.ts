import { type AnyModule, formatBytes, ZooError } from '@zoo/core';
import { sizeOf } from '../graph/shape.ts';
import { modelParts } from '../model/encode-model.ts';
import type { ElementType, OnnxTensor } from '../model/types.ts';
import { toModel } from '../program.ts';
import type { DeferredBytes, ProtobufPart } from '../protobuf/writer.ts';
import { type Constant, Evaluation } from './constant.ts';
import type { ExportGraph } from './export-graph.ts';
import { type ExportOptions, planExport } from './options.ts';
import { foldBatchNorms, recognizeBatchNorms } from './passes/batch-norm.ts';
import { foldConstants } from './passes/fold-constants.ts';
import { mergeBiases, mergeGroups, mergePaddings } from './passes/merge-nodes.ts';
import { nameValues } from './passes/name-values.ts';
import { traceNet } from './trace-net.ts';

/** Bytes that protocol buffers, and so ONNX files, can have. */
const maxFileBytes = 2 ** 31 - 1;

const bytesPerElement: Readonly<Record<ElementType, number>> = { float32: 4, int32: 4, int64: 8, bool: 1 };

function simplify(graph: ExportGraph, fold: boolean): void {
  mergeBiases(graph);
  recognizeBatchNorms(graph);
  foldConstants(graph);
  mergeBiases(graph);
  mergeGroups(graph);
  mergeBiases(graph);
  mergePaddings(graph);
  if (fold) foldBatchNorms(graph);
  nameValues(graph);
}

const deferred = (constant: Constant): DeferredBytes => ({
  byteLength: bytesPerElement[constant.type] * sizeOf(constant.shape),
  read: async () => {
    const { buffer, byteOffset, byteLength } = await new Evaluation().of(constant);
    return new Uint8Array(buffer, byteOffset, byteLength);
  },
});

function partsOf(net: AnyModule, options: ExportOptions): ProtobufPart[] {
  const plan = planExport(net, options);
  const graph = traceNet(net, plan, options.forward);
  simplify(graph, plan.fold);
  const empty = ({ type, shape }: Constant): OnnxTensor => ({ type, shape, data: new Float32Array() });
  const { nodes, inputs, outputs, constants } = graph;
  const initializers = new Map([...constants].map(([name, constant]) => [name, empty(constant)]));
  const model = toModel({ name: net.constructor.name, nodes, inputs, outputs, initializers }, plan.metadata);
  const parts = modelParts(model, new Map([...constants].map(([name, constant]) => [name, deferred(constant)])));
  const total = byteLength(parts);
  if (total <= maxFileBytes) return parts;
  throw new ZooError(
    'NOT_SUPPORTED',
    `${net.constructor.name} would take ${formatBytes(total)} as an ONNX file, which holds ${formatBytes(maxFileBytes)} at ` +
      "most. Export it in parts, by the option 'forward'.",
  );
}

const byteLength = (parts: readonly ProtobufPart[]): number => parts.reduce((sum, part) => sum + part.byteLength, 0);

async function* read(parts: readonly ProtobufPart[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield part instanceof Uint8Array ? part : await part.read();
}

/**
 * `exportOnnx` in pieces, to be written one after the other: no more than one weight is in memory beside the net. The net is
 * traced before this returns; its weights are read as the pieces are asked for, and must not change meanwhile.
 */
export function streamOnnx(net: AnyModule, options: ExportOptions = {}): AsyncIterable<Uint8Array> {
  return read(partsOf(net, options));
}

/**
 * The net's evaluation as the bytes of an ONNX file (opset 17, standard operators only). Input `input`, output `output`;
 * weights have their state-dict keys and PyTorch's layouts. The net does not change. Equal nets give equal bytes.
 *
 * Throws INVALID_ARGUMENT for options that do not fit the net, and NOT_SUPPORTED for an op without counterpart, naming it
 * and its layer, for a batch size that cannot be left open, and for files above 2 GB.
 */
export async function exportOnnx(net: AnyModule, options: ExportOptions = {}): Promise<Uint8Array> {
  const parts = partsOf(net, options);
  const joined = new Uint8Array(byteLength(parts));
  let at = 0;
  for await (const piece of read(parts)) {
    joined.set(piece, at);
    at += piece.byteLength;
  }
  return joined;
}
