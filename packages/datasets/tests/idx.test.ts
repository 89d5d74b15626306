import { gzipSync } from 'node:zlib';
import { isZooError } from '@zoo/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gunzip, idxDataset, parseIdx } from '../src/index.ts';
import { idx } from './idx-file.ts';

describe('parseIdx', () => {
  it('reads every type, big-endian', () => {
    expect(parseIdx(idx(8, [2, 2], [1, 2, 3, 255]))).toEqual({
      dtype: 'uint8',
      shape: [2, 2],
      data: Uint8Array.of(1, 2, 3, 255),
    });
    expect(parseIdx(idx(9, [2], [0x80, 1]))).toEqual({ dtype: 'int8', shape: [2], data: Int8Array.of(-128, 1) });
    expect(parseIdx(idx(11, [2], [1, 2, 0xff, 0xfe])).data).toEqual(Int16Array.of(258, -2));
    expect(parseIdx(idx(12, [1], [0, 0, 1, 0])).data).toEqual(Int32Array.of(256));
    expect(parseIdx(idx(13, [1], [0x3f, 0xc0, 0, 0])).data).toEqual(Float32Array.of(1.5));
    expect(parseIdx(idx(14, [1], [0xbf, 0xf0, 0, 0, 0, 0, 0, 0])).data).toEqual(Float64Array.of(-1));
    expect(parseIdx(idx(8, [0, 28, 28], []))).toEqual({ dtype: 'uint8', shape: [0, 28, 28], data: new Uint8Array(0) });
  });

  const good = idx(8, [2, 3], [1, 2, 3, 4, 5, 6]);
  it.each([
    ['an empty file', new Uint8Array(0), /not an IDX file/],
    ['a text', new TextEncoder().encode('<html>404</html>'), /not an IDX file/],
    ['an unknown type', idx(10, [1], [0]), /not an IDX file/],
    ['no axes', idx(8, [], [0]), /not an IDX file/],
    ['a gzip file', gzipSync(good), /gunzip it first/],
    ['half a header', good.subarray(0, 7), /cut short in its header of 12 bytes, 7 are there/],
    ['a missing byte', good.subarray(0, -1), /cut short: 2 x 3 values of 1 bytes need 6 bytes, but 5/],
    ['a byte too many', Uint8Array.of(...good, 0), /too long/],
    ['sizes past 2^53', idx(14, [0xffffffff, 0xffffffff, 0xffffffff], [0]), /cut short/],
  ])('refuses %s by name', (_, bytes, message) => {
    const error = expect.objectContaining({ code: 'CORRUPT_FILE', message: expect.stringMatching(message) });
    expect(() => parseIdx(bytes, { name: 'a-ubyte' })).toThrow(error);
    expect(() => parseIdx(bytes, { name: 'a-ubyte' })).toThrow(/^a-ubyte: /);
  });

  it('reads or refuses any bytes', () => {
    const start = fc.tuple(fc.constant(0), fc.constant(0), fc.constantFrom(8, 9, 11, 12, 13, 14, 7), fc.nat(5));
    fc.assert(
      fc.property(start, fc.array(fc.constantFrom(0, 0, 0, 1, 2, 255), { maxLength: 40 }), (head, rest) => {
        try {
          const { shape, data } = parseIdx(Uint8Array.of(...head, ...rest));
          expect(data.length).toBe(shape.reduce((a, b) => a * b, 1));
        } catch (error) {
          if (!isZooError(error)) throw error;
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe('gunzip', () => {
  const content = Uint8Array.from({ length: 5000 }, (_, i) => i % 251);
  const packed = new Uint8Array(gzipSync(content));

  it('unpacks gzip and leaves other bytes alone', async () => {
    expect(await gunzip(packed)).toEqual(content);
    expect(await gunzip(content)).toBe(content);
  });

  it('names a file that is cut short, damaged or too large', async () => {
    const error = expect.objectContaining({ code: 'CORRUPT_FILE', message: expect.stringMatching(/^x\.gz: /) });
    await expect(gunzip(packed.subarray(0, -9), { name: 'x.gz' })).rejects.toEqual(error);
    await expect(
      gunzip(
        packed.map((b, i) => (i === packed.length - 6 ? b ^ 1 : b)),
        { name: 'x.gz' },
      ),
    ).rejects.toEqual(error);
    await expect(gunzip(packed, { name: 'x.gz', maxBytes: 4999 })).rejects.toEqual(error);
  });
});

describe('idxDataset', () => {
  const images = idx(8, [2, 1, 2], [0, 255, 51, 102]);
  const labels = idx(8, [2], [1, 0]);

  it('takes raw and compressed files', async () => {
    for (const pack of [(b: Uint8Array) => b, gzipSync]) {
      const dataset = await idxDataset({ images: pack(images), labels: pack(labels), classNames: ['a', 'b'] });
      expect(dataset.inputShape).toEqual([1, 2, 1]);
      expect(dataset.labels).toEqual(Int32Array.of(1, 0));
    }
  });

  it.each([
    ['swapped files', { images: labels, labels: images }, /^i: images are bytes of shape/],
    ['labels of another rank', { images, labels: images }, /^l: labels are bytes of shape/],
    ['another number of labels', { images, labels: idx(8, [3], [0, 0, 0]) }, /^l: 3 labels, but 2 images in i/],
    ['a label past the classes', { images, labels: idx(8, [2], [0, 2]) }, /^l: label 2 of image 1 is none of 2/],
    ['no images', { images: idx(8, [0, 1, 1], []), labels: idx(8, [0], []) }, /^i: /],
  ])('refuses %s', async (_, files, message) => {
    const error = expect.objectContaining({ code: 'CORRUPT_FILE', message: expect.stringMatching(message) });
    const names = { images: 'i', labels: 'l' };
    await expect(idxDataset({ ...files, files: names, classNames: ['a', 'b'] })).rejects.toEqual(error);
  });
});
