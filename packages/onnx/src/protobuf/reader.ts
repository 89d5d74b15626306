import { ZooError } from '@zoo/core';

const text = new TextDecoder();

/** One field of a message: a number for varints and fixed32, bytes for everything else. */
export interface ProtobufField {
  field: number;
  wireType: number;
  /** Varint or fixed32 bits. */
  bits: bigint;
  bytes: Uint8Array;
}

const malformed = (what: string): ZooError =>
  new ZooError('INVALID_ARGUMENT', `Not a protocol buffer: ${what}. Is this an ONNX file, and complete?`);

/** The fields of one message in their order. Throws INVALID_ARGUMENT where the bytes are not one. */
export function* readFields(bytes: Uint8Array): Generator<ProtobufField> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw malformed('it ends within a number');
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asUintN(64, value);
    }
    throw malformed('a number is too long');
  };
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.byteLength) throw malformed('it ends within a field');
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.byteLength) {
    const tag = Number(varint());
    const [field, wireType] = [Math.floor(tag / 8), tag % 8];
    const none = new Uint8Array();
    if (wireType === 0) yield { field, wireType, bits: varint(), bytes: none };
    else if (wireType === 2) yield { field, wireType, bits: 0n, bytes: take(Number(varint())) };
    else if (wireType === 5) {
      take(4);
      yield { field, wireType, bits: BigInt(view.getUint32(at - 4, true)), bytes: bytes.subarray(at - 4, at) };
    } else if (wireType === 1) yield { field, wireType, bits: 0n, bytes: take(8) };
    else throw malformed(`wire type ${wireType}`);
  }
}

export const toInt = (field: ProtobufField): number => Number(BigInt.asIntN(64, field.bits));

export const toText = (field: ProtobufField): string => text.decode(field.bytes);

export const toFloat = ({ bytes }: ProtobufField): number =>
  new DataView(bytes.buffer, bytes.byteOffset, 4).getFloat32(0, true);

/** The numbers of a repeated integer field, packed or not. */
export function toInts(field: ProtobufField): number[] {
  if (field.wireType === 0) return [toInt(field)];
  const values: number[] = [];
  let value = 0n;
  let shift = 0n;
  for (const byte of field.bytes) {
    value |= BigInt(byte & 127) << shift;
    shift += 7n;
    if (byte < 128) {
      values.push(Number(BigInt.asIntN(64, value)));
      value = 0n;
      shift = 0n;
    }
  }
  return values;
}

/** The numbers of a repeated float field, packed or not. */
export function toFloats({ bytes }: ProtobufField): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.byteLength / 4 }, (_, i) => view.getFloat32(4 * i, true));
}
