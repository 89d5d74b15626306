import { formatShape, type HostTensor, numElements, type StateDict, ZooError } from '@zoo/core';
import { arrayOfDType, tagOfDType } from './dtype.ts';
import { maxHeaderBytes } from './header.ts';

const invalid = (message: string): ZooError => new ZooError('INVALID_ARGUMENT', message);

const loneSurrogate = /\p{Surrogate}/u;

function checkTensor(name: string, { dtype, shape, data }: HostTensor): void {
  const ArrayType = Object.hasOwn(arrayOfDType, dtype) ? arrayOfDType[dtype] : undefined;
  if (!ArrayType) throw invalid(`Tensor '${name}' has the unknown dtype '${dtype}'.`);
  // By tag, because a worker's or a test runner's arrays are of another realm.
  if (data?.[Symbol.toStringTag] !== ArrayType.name) {
    throw invalid(`Tensor '${name}' of dtype ${dtype} needs a ${ArrayType.name}.`);
  }
  if (!shape.every((d) => Number.isSafeInteger(d) && d >= 0) || numElements(shape) !== data.length) {
    throw invalid(`Tensor '${name}' has shape ${formatShape(shape)} but ${data.length} elements.`);
  }
}

function checkText(kind: string, text: unknown): void {
  if (typeof text !== 'string' || loneSurrogate.test(text)) {
    throw invalid(
      `${kind} must be well-formed text, got ${typeof text === 'string' ? JSON.stringify(text) : typeof text}.`,
    );
  }
}

/**
 * The pieces of a safetensors file in order: the header with its length, then every tensor's bytes, not copied.
 * Wide types come first, as the official writer has it, so that each tensor is aligned.
 */
export function layoutSafetensors(tensors: StateDict, metadata: Readonly<Record<string, string>> = {}): Uint8Array[] {
  for (const [key, value] of Object.entries(metadata)) {
    checkText('A metadata key', key);
    checkText(`Metadata '${key}'`, value);
  }
  for (const [name, tensor] of tensors) {
    checkText('A tensor name', name);
    if (name === '__metadata__') throw invalid(`No tensor can be named '__metadata__': the format reserves it.`);
    checkTensor(name, tensor);
  }
  const sorted = [...tensors].sort(([, a], [, b]) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT);
  const offsets = new Map<string, [number, number]>();
  let position = 0;
  for (const [name, { data }] of sorted) {
    offsets.set(name, [position, position + data.byteLength]);
    position += data.byteLength;
  }

  // Joined by hand: an object would move names such as "0" to the front.
  const members = [...tensors].map(([name, { dtype, shape }]) => {
    const entry = { dtype: tagOfDType[dtype], shape, data_offsets: offsets.get(name) };
    return `${JSON.stringify(name)}:${JSON.stringify(entry)}`;
  });
  if (Object.keys(metadata).length > 0) members.unshift(`"__metadata__":${JSON.stringify(metadata)}`);
  const json = new TextEncoder().encode(`{${members.join(',')}}`);
  const length = Math.ceil(json.length / 8) * 8;
  if (length > maxHeaderBytes) {
    throw invalid(`The header would take ${length} bytes, more than the format's limit of ${maxHeaderBytes}.`);
  }
  const header = new Uint8Array(8 + length).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(json, 8);
  return [header, ...sorted.map(([, { data }]) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength))];
}

/**
 * A safetensors file as bytes, which PyTorch's `safetensors.torch.load` reads unchanged: tensors in the map's order,
 * metadata as given. Throws `INVALID_ARGUMENT` naming the tensor whose shape, type and data disagree.
 */
export function serializeSafetensors(
  tensors: StateDict,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const pieces = layoutSafetensors(tensors, metadata);
  const bytes = new Uint8Array(pieces.reduce((n, piece) => n + piece.length, 0));
  let position = 0;
  for (const piece of pieces) {
    bytes.set(piece, position);
    position += piece.length;
  }
  return bytes;
}
