import type { HostTensor, StateDict } from '@zoo/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { modelMetadata, parseSafetensors, readModelMetadata, serializeSafetensors } from '../src/index.ts';
import { bits } from './raw-file.ts';

const all: StateDict = new Map<string, HostTensor>([
  ['u8', { dtype: 'uint8', shape: [3], data: Uint8Array.of(0, 1, 255) }],
  ['bool', { dtype: 'bool', shape: [], data: Uint8Array.of(1) }],
  ['f32', { dtype: 'float32', shape: [2, 2], data: Float32Array.of(-0, Number.NaN, Number.POSITIVE_INFINITY, 1e-45) }],
  ['i8', { dtype: 'int8', shape: [1, 1], data: Int8Array.of(-128) }],
  ['f64', { dtype: 'float64', shape: [1], data: Float64Array.of(Math.PI) }],
  ['i16', { dtype: 'int16', shape: [1], data: Int16Array.of(-32768) }],
  ['10', { dtype: 'float16', shape: [2], data: Uint16Array.of(0x3c00, 0x7e01) }],
  ['2', { dtype: 'bfloat16', shape: [1], data: Uint16Array.of(0x7fc1) }],
  ['i64', { dtype: 'int64', shape: [2], data: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n) }],
  ['i32', { dtype: 'int32', shape: [0, 7], data: new Int32Array(0) }],
  ['naïve "名前"\n', { dtype: 'int32', shape: [1], data: Int32Array.of(-1) }],
]);

describe('serializeSafetensors', () => {
  it('gives back every type bit for bit, names in their order', () => {
    const { tensors, metadata } = parseSafetensors(serializeSafetensors(all, { a: '1', ü: '"' }));
    expect([...tensors.keys()]).toEqual([...all.keys()]);
    for (const [name, { dtype, shape, data }] of all) {
      const read = tensors.get(name)!;
      expect([read.dtype, read.shape, bits(read.data)], name).toEqual([dtype, shape, bits(data)]);
    }
    expect(metadata).toEqual({ a: '1', ü: '"' });
  });

  it('pads the header to 8 bytes with spaces and aligns every tensor', () => {
    const bytes = serializeSafetensors(all);
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    const text = new TextDecoder().decode(bytes.subarray(8, 8 + length));
    expect(text).toMatch(/^\{.*\} *$/s);
    expect(text).not.toContain('__metadata__');
    for (const { data } of parseSafetensors(bytes).tensors.values()) expect(data.buffer).toBe(bytes.buffer);
  });

  it('writes a view by its own bytes, not its buffer', () => {
    const view = Float32Array.of(1, 2, 3, 4).subarray(1, 3);
    const bytes = serializeSafetensors(new Map([['a', { dtype: 'float32', shape: [2], data: view }]]));
    expect(parseSafetensors(bytes).tensors.get('a')!.data).toEqual(Float32Array.of(2, 3));
  });

  it('gives back random state dicts', () => {
    const dims = fc.array(fc.nat(4), { maxLength: 4 });
    const tensor = dims.chain((shape) => {
      const n = shape.reduce((a, b) => a * b, 1);
      return fc.oneof(
        fc.float32Array({ minLength: n, maxLength: n }).map((data) => ({ dtype: 'float32', shape, data }) as const),
        fc.uint8Array({ minLength: n, maxLength: n }).map((data) => ({ dtype: 'uint8', shape, data }) as const),
        fc.bigInt64Array({ minLength: n, maxLength: n }).map((data) => ({ dtype: 'int64', shape, data }) as const),
      );
    });
    const name = fc.string({ unit: 'grapheme' }).filter((s) => s !== '__metadata__');
    fc.assert(
      fc.property(fc.array(fc.tuple(name, tensor), { maxLength: 8 }), (entries) => {
        const tensors: StateDict = new Map(entries);
        const read = parseSafetensors(serializeSafetensors(tensors)).tensors;
        expect([...read]).toEqual([...tensors]);
      }),
      { numRuns: 300 },
    );
  });

  it('refuses what it could not read back, naming the tensor', () => {
    const one = (name: string, tensor: unknown) => () => serializeSafetensors(new Map([[name, tensor as HostTensor]]));
    const data = Float32Array.of(1, 2);
    const refused = (message: RegExp) =>
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringMatching(message) });
    expect(one('w', { dtype: 'float32', shape: [3], data })).toThrow(refused(/'w' has shape \[3\] but 2 elements/));
    expect(one('w', { dtype: 'float64', shape: [2], data })).toThrow(
      refused(/'w' of dtype float64 needs a Float64Array/),
    );
    expect(one('w', { dtype: 'uint4', shape: [2], data })).toThrow(refused(/unknown dtype 'uint4'/));
    expect(one('w', { dtype: 'float32', shape: [-1, -2], data })).toThrow(refused(/shape/));
    expect(one('__metadata__', { dtype: 'float32', shape: [2], data })).toThrow(refused(/reserves/));
    expect(one('\ud800', { dtype: 'float32', shape: [2], data })).toThrow(refused(/well-formed/));
    expect(() => serializeSafetensors(new Map(), { n: 3 as unknown as string })).toThrow(refused(/Metadata 'n'/));
  });
});

describe('model metadata', () => {
  it('names the net and its options', () => {
    const metadata = modelMetadata({ name: 'lenet5_relu', options: { numClasses: 10, seed: 1 } });
    expect(metadata).toMatchObject({ format: 'pt', 'zoo.model': 'lenet5_relu' });
    const read = parseSafetensors(serializeSafetensors(new Map(), metadata)).metadata;
    expect(readModelMetadata(read)).toEqual({ name: 'lenet5_relu', options: { numClasses: 10, seed: 1 } });
  });

  it('is absent in files of others and checked in ours', () => {
    expect(readModelMetadata({ format: 'pt' })).toBeUndefined();
    expect(readModelMetadata({ 'zoo.model': 'mlp' })).toEqual({ name: 'mlp', options: {} });
    for (const options of ['{', '[]', 'null', '3']) {
      expect(() =>
        readModelMetadata({ 'zoo.model': 'mlp', 'zoo.options': options }, { name: 'x.safetensors' }),
      ).toThrow(/^x\.safetensors: .*'mlp'/);
    }
  });
});
