import { readFileSync } from 'node:fs';
import { isZooError, toFloat32, type ZooErrorCode } from '@zoo/core';
import { describe, expect, it } from 'vitest';
import { parseSafetensors } from '../src/index.ts';
import { rawFile } from './raw-file.ts';

const fixture = readFileSync(new URL('./fixtures/all-dtypes.safetensors', import.meta.url));

function failure(bytes: Uint8Array): { code: ZooErrorCode; message: string } {
  try {
    parseSafetensors(bytes, { name: 'net.safetensors' });
  } catch (error) {
    if (isZooError(error)) return { code: (error as { code: ZooErrorCode }).code, message: error.message };
    throw error;
  }
  throw new Error('the file was accepted');
}

describe('a file that PyTorch filled', () => {
  it('has every tensor in order, with its type, shape and values', () => {
    const { tensors, metadata } = parseSafetensors(fixture);
    expect(metadata).toEqual({ format: 'pt', note: 'made by PyTorch' });
    const types = ['f64', 'f32', 'f16', 'bf16', 'i64', 'i32', 'i16', 'i8', 'u8', 'bool'];
    expect([...tensors.keys()]).toEqual([...types.map((t) => `${t}.weight`), 'scalar', 'empty', '0']);
    const floats = [0, 1.5, -2.25, 3, -0.5, 100];
    const expected: Record<string, number[]> = {
      f64: floats,
      f32: floats,
      f16: floats,
      bf16: floats,
      i64: floats.map(Math.trunc),
      i32: floats.map(Math.trunc),
      i16: floats.map(Math.trunc),
      i8: floats.map(Math.trunc),
      u8: floats.map((v) => Math.trunc(Math.abs(v))),
      bool: [0, 1, 1, 1, 1, 1],
    };
    for (const type of types) {
      const tensor = tensors.get(`${type}.weight`)!;
      expect(tensor.shape, type).toEqual([2, 3]);
      expect(
        [...toFloat32(tensor)].map((v) => v + 0),
        type,
      ).toEqual(expected[type]!.map((v) => v + 0));
    }
    expect(tensors.get('bf16.weight')!.dtype).toBe('bfloat16');
    expect(tensors.get('i64.weight')!.data).toBeInstanceOf(BigInt64Array);
    expect(tensors.get('scalar')).toEqual({ dtype: 'float32', shape: [], data: Float32Array.of(0.1) });
    expect(tensors.get('empty')).toEqual({ dtype: 'int64', shape: [0, 4], data: new BigInt64Array(0) });
    expect(tensors.get('0')!.data).toEqual(Float32Array.of(1e-3, 3.4e38));
  });

  it('reads the same at every alignment, without copying where it can', () => {
    const reference = parseSafetensors(fixture).tensors;
    for (let shift = 0; shift < 8; shift++) {
      const shifted = new Uint8Array(fixture.length + shift);
      shifted.set(fixture, shift);
      expect(parseSafetensors(shifted.subarray(shift)).tensors).toEqual(reference);
      const buffer = Buffer.from(shifted.buffer, shift);
      expect(parseSafetensors(buffer).tensors).toEqual(reference);
    }
    const file = rawFile({ a: { dtype: 'U8', shape: [2], data_offsets: [0, 2] } }, Uint8Array.of(7, 8));
    expect(parseSafetensors(file).tensors.get('a')!.data.buffer).toBe(file.buffer);
  });
});

describe('a file with nothing in it', () => {
  it('gives no tensors', () => {
    expect(parseSafetensors(rawFile('{}')).tensors.size).toBe(0);
    expect(parseSafetensors(rawFile('{}      ')).metadata).toEqual({});
  });
});

const f32 = (shape: unknown, offsets: unknown): object => ({ dtype: 'F32', shape, data_offsets: offsets });
const data = new Uint8Array(16);

describe('a broken file is refused with its name and the tensor', () => {
  const cases: [string, Uint8Array, RegExp][] = [
    ['an empty file', new Uint8Array(0), /0 bytes are too few/],
    ['7 bytes', new Uint8Array(7), /too few/],
    ['a header past the end', rawFile('{}').subarray(0, 9), /claims 2 bytes, but the file has 9/],
    ['a huge header', new Uint8Array(16).fill(255), /more than the limit/],
    ['a PNG', Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13), /limit|not a safetensors/],
    ['an array', rawFile('[]'), /does not begin with '{'/],
    ['a space in front', rawFile(' {}'), /does not begin/],
    ['half of the JSON', rawFile('{"a": {'), /not JSON/],
    ['bytes that are not UTF-8', rawFile('{"a": 1}').map((b) => (b === 0x61 ? 0xff : b)), /not JSON in UTF-8/],
    ['an entry that is a number', rawFile({ a: 1 }), /tensor 'a' is not described/],
    ['no dtype', rawFile({ a: { shape: [], data_offsets: [0, 0] } }), /tensor 'a' has no dtype/],
    ['an unknown dtype', rawFile({ a: { ...f32([1], [0, 4]), dtype: 'F31' } }, data), /unknown dtype 'F31'/],
    ['a dtype that objects inherit', rawFile({ a: { ...f32([1], [0, 4]), dtype: 'toString' } }, data), /unknown dtype/],
    ['a negative size', rawFile({ a: f32([-1], [0, 4]) }, data), /not a list of sizes/],
    ['a fractional size', rawFile({ a: f32([1.5], [0, 6]) }, data), /not a list of sizes/],
    ['a size past 2^53', rawFile('{"a":{"dtype":"F32","shape":[1e300],"data_offsets":[0,16]}}', data), /list of sizes/],
    ['a product past 2^53', rawFile({ a: f32([2 ** 40, 2 ** 40], [0, 16]) }, data), /impossible shape/],
    ['one offset', rawFile({ a: f32([1], [0]) }, data), /not two positions/],
    ['negative offsets', rawFile({ a: f32([1], [-4, 0]) }, data), /not two positions/],
    ['swapped offsets', rawFile({ a: f32([1], [4, 0]) }, data), /before its beginning/],
    ['an end past the data', rawFile({ a: f32([5], [0, 20]) }, data), /data section of 16; the file was cut short/],
    ['a size that disagrees', rawFile({ a: f32([2], [0, 16]) }, data), /needs 8 bytes, but has 16/],
    ['an overlap', rawFile({ a: f32([2], [0, 8]), b: f32([3], [4, 16]) }, data), /tensor 'b' overlaps 'a'/],
    ['a hole', rawFile({ a: f32([1], [0, 4]), b: f32([2], [8, 16]) }, data), /4 unused bytes lie between 'a' and 'b'/],
    ['a hole in front', rawFile({ a: f32([3], [4, 16]) }, data), /between the start and 'a'/],
    ['bytes after the last tensor', rawFile({ a: f32([3], [0, 12]) }, data), /4 unused bytes follow/],
    ['metadata that is a list', rawFile({ __metadata__: [] }), /not an object/],
    ['metadata that is a number', rawFile({ __metadata__: { epoch: 3 } }), /metadata 'epoch' is not a string/],
    ['a name twice', rawFile('{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"\\u0061":1}'), /key 'a' twice/],
    ['a field twice', rawFile('{"a":{"dtype":"F32","dtype":"I32","shape":[0],"data_offsets":[0,0]}}'), /'dtype' twice/],
  ];
  it.each(cases)('%s', (_, bytes, message) => {
    const error = failure(bytes);
    expect(error.code).toBe('CORRUPT_FILE');
    expect(error.message).toMatch(/^net\.safetensors: /);
    expect(error.message).toMatch(message);
  });

  it('tells a type it does not support from a broken file', () => {
    const error = failure(rawFile({ a: { dtype: 'U16', shape: [2], data_offsets: [0, 4] } }, new Uint8Array(4)));
    expect(error.code).toBe('NOT_SUPPORTED');
    expect(error.message).toMatch(/tensor 'a' has dtype U16/);
  });

  it('takes __proto__ for a name like any other', () => {
    const entry = '{"dtype":"U8","shape":[1],"data_offsets":[0,1]}';
    const text = `{"__metadata__":{"__proto__":"x"},"__proto__":${entry}}`;
    const { tensors, metadata } = parseSafetensors(rawFile(text, Uint8Array.of(5)));
    expect([...tensors.keys()]).toEqual(['__proto__']);
    expect(Object.entries(metadata)).toEqual([['__proto__', 'x']]);
    expect(({} as Record<string, unknown>)['dtype']).toBeUndefined();
    expect(Object.getPrototypeOf(metadata)).toBe(Object.prototype);
  });
});
