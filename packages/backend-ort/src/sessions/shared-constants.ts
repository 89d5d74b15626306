import { encodeModel, type OnnxGraph, type OnnxTensor, toModel } from '@zoo/onnx';

/** Constants of fewer bytes are part of the model. */
const large = 1 << 14;

const text = new TextEncoder();
const float32 = 1;
const external = 1;

const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];

const bytes = (field: number, content: ArrayLike<number>): number[] => [
  ...varint(8 * field + 2),
  ...varint(content.length),
  ...Array.from(content),
];

const integer = (field: number, value: number): number[] => [...varint(8 * field), ...varint(value)];
const string = (field: number, value: string): number[] => bytes(field, text.encode(value));

/** A TensorProto that says that its content is elsewhere. Field numbers are those of onnx.proto. */
function placeholder(name: string, { shape, data }: OnnxTensor): number[] {
  const entries = Object.entries({ location: 'memory', offset: '0', length: `${data.byteLength}` });
  return [
    ...bytes(1, shape.flatMap(varint)),
    ...integer(2, float32),
    ...string(8, name),
    ...entries.flatMap(([key, value]) => bytes(13, [...string(1, key), ...string(2, value)])),
    ...integer(14, external),
  ];
}

/** A model without its large constants, and these: they are handed over as they lie in memory. */
export function splitModel(graph: OnnxGraph): { model: Uint8Array; constants: ReadonlyMap<string, OnnxTensor> } {
  const isLarge = ({ type, data }: OnnxTensor) => type === 'float32' && data.byteLength >= large;
  const entries = [...graph.initializers];
  const constants = new Map(entries.filter(([, tensor]) => isLarge(tensor)));
  const initializers = new Map(entries.filter(([, tensor]) => !isLarge(tensor)));
  const model = encodeModel(toModel({ ...graph, initializers }));
  // Messages that follow each other are one: this adds to the graph's list of constants, which is its field 5.
  const rest = [...constants].flatMap(([name, tensor]) => bytes(5, placeholder(name, tensor)));
  return { model: Uint8Array.from([...model, ...bytes(7, rest)]), constants };
}
