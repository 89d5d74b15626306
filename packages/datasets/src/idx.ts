import { type HostDType, type HostTensor, ZooError } from '@zoo/core';

const types: Readonly<Record<number, { dtype: HostDType; bytes: number }>> = {
  8: { dtype: 'uint8', bytes: 1 },
  9: { dtype: 'int8', bytes: 1 },
  11: { dtype: 'int16', bytes: 2 },
  12: { dtype: 'int32', bytes: 4 },
  13: { dtype: 'float32', bytes: 4 },
  14: { dtype: 'float64', bytes: 8 },
};

function readValues(dtype: HostDType, data: Uint8Array, count: number): HostTensor['data'] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const at = { length: count };
  switch (dtype) {
    case 'int8':
      return new Int8Array(data.buffer, data.byteOffset, count);
    case 'int16':
      return Int16Array.from(at, (_, i) => view.getInt16(i * 2));
    case 'int32':
      return Int32Array.from(at, (_, i) => view.getInt32(i * 4));
    case 'float32':
      return Float32Array.from(at, (_, i) => view.getFloat32(i * 4));
    case 'float64':
      return Float64Array.from(at, (_, i) => view.getFloat64(i * 8));
    default:
      return data;
  }
}

/**
 * Reads an IDX file, the format of MNIST and Fashion-MNIST, once it is decompressed. Single bytes are a view of `bytes`.
 * `name` stands for the file in errors. Throws `CORRUPT_FILE` for a foreign, truncated or overlong file.
 * Format: http://yann.lecun.com/exdb/mnist
 */
export function parseIdx(bytes: Uint8Array, { name = 'IDX data' }: { name?: string } = {}): HostTensor {
  const fail = (message: string): ZooError => new ZooError('CORRUPT_FILE', `${name}: ${message}`);
  const type = types[bytes[2] ?? 0];
  const rank = bytes[3] ?? 0;
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) throw fail('the file is still compressed; gunzip it first.');
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0 || !type || rank === 0) {
    throw fail('not an IDX file: it does not begin with the magic number of one.');
  }
  const header = 4 + 4 * rank;
  if (bytes.length < header) throw fail(`cut short in its header of ${header} bytes, ${bytes.length} are there.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, header);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const expected = shape.reduce((n, d) => n * d, type.bytes); // may pass 2^53, and then differs from any length
  const actual = bytes.length - header;
  if (actual !== expected) {
    const size = `${shape.join(' x ')} values of ${type.bytes} bytes need ${expected} bytes, but ${actual} are there`;
    throw fail(`${actual < expected ? 'cut short' : 'too long'}: ${size}. Fetch the file again.`);
  }
  const data = readValues(type.dtype, bytes.subarray(header), expected / type.bytes);
  return { dtype: type.dtype, shape, data } as HostTensor;
}
