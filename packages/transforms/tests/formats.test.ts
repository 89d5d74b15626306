import { readdirSync, readFileSync } from 'node:fs';
import { decodeImage } from '@zoo/transforms/node';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';

interface Case {
  file: string;
  width: number;
  height: number;
  pixels: string;
}

/** Files of every kind with PIL's pixels, written by tooling/reference/image_fixtures.py. */
const folder = new URL('./fixtures/images/', import.meta.url);
const kinds = readdirSync(folder).map((name) => {
  const cases = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Record<string, Case>;
  return { kind: name.replace('.json', ''), cases: Object.entries(cases) };
});
const fileOf = (kind: string, name: string): Buffer => {
  const found = kinds.find((one) => one.kind === kind)?.cases.find(([other]) => other === name);
  return Buffer.from(found![1].file, 'base64');
};

describe.each(kinds)("$kind: every pixel is PIL's", ({ cases }) => {
  test.each(cases)('%s', async (_, { file, width, height, pixels }) => {
    const image = await decodeImage(Buffer.from(file, 'base64'));
    expect(image).toMatchObject({ width, height, channels: 3 });
    expect([...image.data]).toEqual([...Buffer.from(pixels, 'base64')]);
  });
});

describe('cut off at any place, refused as damaged', () => {
  // These have more behind the pixels: stray bytes, a second frame.
  const longer = ['bytes behind the end', 'stray bytes before the end', 'animated'];
  const wholes = kinds.flatMap(({ kind, cases }) =>
    cases.filter(([name]) => kind === 'webp' || !longer.includes(name)).map(([name]) => [kind, name] as const),
  );
  /** What no pixel needs: end marks, checksums, filling, and digits without which a number is another number. */
  const spare: Record<string, number> = { gif: 3, png: 17, bmp: 6, pnm: 6, tiff: 9, webp: 1, jpeg: 6 };
  test.each(wholes)('%s: %s', async (kind, name) => {
    const whole = fileOf(kind, name);
    const end = whole.length - spare[kind]!;
    for (let i = 0; i < 24; i++) {
      const cut = whole.subarray(0, Math.round(16 + ((end - 16) * i) / 23));
      await expect(decodeImage(cut, { name: 'a/cut' }), `${cut.length} of ${whole.length} bytes`).rejects.toMatchObject(
        {
          code: 'CORRUPT_FILE',
          message: expect.stringMatching(/^'a\/cut' cannot be decoded, it is damaged or cut off: ./),
        },
      );
    }
  });
});

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));
const ftyp = (...brands: string[]): Uint8Array =>
  ascii(`\0\0\0${String.fromCharCode(12 + 4 * brands.length)}ftyp${brands[0]}\0\0\0\0${brands.slice(1).join('')}meta`);

test.each([
  ['HEIC', ftyp('heic', 'mif1', 'heic'), /is HEIC .*heif-convert/],
  ['HEIC of another brand', ftyp('mif1', 'heic'), /is HEIC/],
  ['a raw photo', ascii('II*\0\x10\0\0\0CR\x02\0'), /Canon raw photo \(CR2\)/],
  ['a video', ftyp('isom', 'mp41'), /a video/],
  ['Photoshop', ascii('8BPS\0\x01'), /PSD/],
  ['JPEG XL', ascii('\0\0\0\x0cJXL \r\n\x87\n'), /JPEG XL/],
  ['an icon', ascii('\0\0\x01\0\x01\0'), /ICO/],
  ['PDF', ascii('%PDF-1.4'), /PDF/],
  ['SVG', ascii('<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>'), /SVG/],
  ['a web page', ascii('\n<!DOCTYPE html><title>Not found</title>'), /web page/],
  ['a Git LFS pointer', ascii('version https://git-lfs.github.com/spec/v1\n'), /git lfs pull/],
  ['text that begins like a BMP', ascii('BM is short for bitmap, a format.'), /no image/],
  ['text that begins like a PGM', ascii('P5, the fifth.'), /no image/],
])('another type is named, whatever the file is called: %s', async (_, bytes, words) => {
  const error = await decodeImage(bytes, { name: 'photo.jpg' }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'NOT_SUPPORTED', message: expect.stringContaining("'photo.jpg'") });
  expect((error as Error).message).toMatch(words);
  expect((error as Error).message).toMatch(/Convert it to one of these: JPEG, PNG/);
});

/** The file with 32-bit, 16-bit or 8-bit values (little-endian) written at places of it. */
function patched(file: Uint8Array, ...writes: readonly [at: number, bits: 8 | 16 | 32, value: number][]): Uint8Array {
  const out = new DataView(Uint8Array.from(file).buffer);
  for (const [at, bits, value] of writes) {
    if (bits === 32) out.setUint32(at, value, true);
    else if (bits === 16) out.setUint16(at, value, true);
    else out.setUint8(at, value);
  }
  return new Uint8Array(out.buffer);
}

describe('sizes that a file only claims cost nothing', () => {
  const bmp = fileOf('bmp', '24 bits');
  const gif = fileOf('gif', 'opaque');
  const cases: [string, Uint8Array, string][] = [
    ['BMP', patched(bmp, [18, 32, 2 ** 31 - 1], [22, 32, 2 ** 31 - 1]), 'NOT_SUPPORTED'],
    ['BMP within the limit', patched(bmp, [18, 32, 13000], [22, 32, 13000]), 'CORRUPT_FILE'],
    ['BMP of runs', patched(fileOf('bmp', '8 bits, runs'), [18, 32, 13000], [22, 32, 13000]), 'CORRUPT_FILE'],
    ['BMP of negative width', patched(bmp, [18, 32, 2 ** 32 - 9]), 'CORRUPT_FILE'],
    ['BMP of no height', patched(bmp, [22, 32, 0]), 'CORRUPT_FILE'],
    ['GIF canvas', patched(gif, [6, 16, 65535], [8, 16, 65535]), 'NOT_SUPPORTED'],
    ['GIF frame', patched(gif, [42, 16, 65535], [44, 16, 65535]), 'NOT_SUPPORTED'],
    ['GIF frame within the limit', patched(gif, [42, 16, 13000], [44, 16, 13000]), 'CORRUPT_FILE'],
    ['GIF frame of no width', patched(gif, [42, 16, 0]), 'CORRUPT_FILE'],
    ['PPM', ascii('P6 2000000000 2000000000 255\n'), 'NOT_SUPPORTED'],
    ['PPM within the limit', ascii('P6 13000 13000 255\n\0\0\0'), 'CORRUPT_FILE'],
    ['PGM of text within the limit', ascii('P2 13000 13000 255\n1 2 3'), 'CORRUPT_FILE'],
    ['PBM of endless digits', ascii(`P1 ${'9'.repeat(400)} 1 `), 'CORRUPT_FILE'],
  ];
  test.each(cases)('%s', async (_, bytes, code) => {
    const before = process.memoryUsage().arrayBuffers;
    await expect(decodeImage(bytes, { name: 'bomb' })).rejects.toMatchObject({
      code,
      message: expect.stringContaining("'bomb'"),
    });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 24);
  });
});

describe('malformed', () => {
  const bmp = fileOf('bmp', '24 bits');
  const runs = fileOf('bmp', '8 bits, runs');
  const masks = fileOf('bmp', '32 bits, masks');
  const gif = fileOf('gif', 'opaque');
  const cases: [string, Uint8Array, string][] = [
    ['BMP with a JPEG inside', patched(bmp, [30, 32, 4]), 'NOT_SUPPORTED'],
    ['BMP of 64 bits', patched(bmp, [28, 16, 64]), 'NOT_SUPPORTED'],
    ['BMP with a mask of two parts', patched(masks, [54, 32, 0xf0f00000]), 'NOT_SUPPORTED'],
    ['BMP with pixels behind its end', patched(bmp, [10, 32, 2 ** 32 - 1]), 'CORRUPT_FILE'],
    ['BMP with runs behind its end', patched(runs, [10, 32, 2 ** 32 - 1]), 'CORRUPT_FILE'],
    ['GIF with codes of 13 bits', patched(gif, [47, 8, 13]), 'CORRUPT_FILE'],
    ['GIF with a code that stands for nothing', patched(gif, [49, 8, 0xf8]), 'CORRUPT_FILE'],
    ['GIF without an image', patched(gif, [37, 8, 0x3b]), 'CORRUPT_FILE'],
    ['PPM of no largest value', ascii('P6 1 1 0\n\0\0\0'), 'CORRUPT_FILE'],
    ['PPM of too large a value', ascii('P6 1 1 65536\n\0\0\0\0\0\0'), 'CORRUPT_FILE'],
    ['PGM with a value above its largest', ascii('P2 2 1 15 3 16\n'), 'CORRUPT_FILE'],
    ['PGM with a word', ascii('P2 2 1 15 3 four\n'), 'CORRUPT_FILE'],
    ['PBM with a 2', ascii('P1 2 1 0 2\n'), 'CORRUPT_FILE'],
    ['PBM of no width', ascii('P1 0 1 0 1\n'), 'CORRUPT_FILE'],
  ];
  test.each(cases)('%s', async (_, bytes, code) => {
    await expect(decodeImage(bytes, { name: 'bad' })).rejects.toMatchObject({
      code,
      message: expect.stringContaining("'bad'"),
    });
  });
});

describe('what is sound but not read is no damage', () => {
  const tiff = fileOf('tiff', 'RGB');
  const directory = new DataView(tiff.buffer, tiff.byteOffset).getUint32(4, true);
  const entry = (index: number): number => directory + 2 + index * 12 + 8;
  const jpeg = fileOf('jpeg', 'baseline');
  const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
  test.each([
    ['TIFF compressed by ZSTD', patched(tiff, [entry(3), 16, 50000]), /ZSTD/],
    ['TIFF of an unknown compression', patched(tiff, [entry(3), 16, 12345]), /12345/],
    ['TIFF of a raw photo', patched(tiff, [entry(4), 16, 32803]), /multiband/],
    ['lossless JPEG', patched(jpeg, [frame + 1, 8, 0xc3]), /lossless/],
    ['JPEG of 12 bits', patched(jpeg, [frame + 4, 8, 12]), /precision 12/],
  ])('%s', async (_, bytes, words) => {
    const error = await decodeImage(bytes, { name: 'scan.tif' }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'NOT_SUPPORTED' });
    expect((error as Error).message).toMatch(/^'scan\.tif' cannot be read: /);
    expect((error as Error).message).toMatch(words);
  });
});

test('AVIF is told from HEIC, and cut off is refused', async () => {
  const raw = { width: 16, height: 12, channels: 3 as const };
  const bytes = await sharp(new Uint8Array(16 * 12 * 3).fill(200), { raw })
    .avif({ lossless: true })
    .toBuffer();
  const image = await decodeImage(bytes);
  expect(image).toMatchObject({ width: 16, height: 12, channels: 3 });
  for (const value of image.data) expect(Math.abs(value - 200)).toBeLessThan(3);
  for (const part of [0.2, 0.5, 0.9]) {
    await expect(decodeImage(bytes.subarray(0, bytes.length * part))).rejects.toMatchObject({ code: 'CORRUPT_FILE' });
  }
});

test('a PGM of 16 bits is scaled to 8', async () => {
  const image = await decodeImage(ascii('P2 4 1 65535 0 32768 65278 65535\n'), { channels: 1 });
  expect([...image.data]).toEqual([0, 128, 254, 255]);
});

test('a BMP without a colour map for its bits takes the masks that it names', async () => {
  const file = patched(fileOf('bmp', '32 bits, masks'), [54, 32, 0x3ff00000], [58, 32, 0xffc00], [62, 32, 0x3ff]);
  const pixels = new DataView(file.buffer, 66);
  const first = pixels.getUint32(4 * 9 * 4, true); // the last row of the file is the top one
  const { data } = await decodeImage(file);
  const eight = (ten: number): number => Math.floor((ten * 255) / 1023);
  expect([...data.subarray(0, 3)]).toEqual([
    eight((first >>> 20) & 1023),
    eight((first >>> 10) & 1023),
    eight(first & 1023),
  ]);
});

test('runs of a BMP may leave pixels and rows out', async () => {
  const file = fileOf('bmp', '8 bits, runs');
  const offset = 54 + 1024;
  const at = (index: number): number[] => [file[54 + 4 * index + 2]!, file[54 + 4 * index + 1]!, file[54 + 4 * index]!];
  // One pixel of colour 7 at the left below; 2 to the right and 1 up, 3 pixels of their own; then the end.
  const runs = [1, 7, 0, 2, 2, 1, 0, 3, 4, 5, 6, 0, 0, 1];
  const { data } = await decodeImage(Buffer.concat([file.subarray(0, offset), Uint8Array.from(runs)]));
  const indices = [
    [0, 0, 0, 0, 0, 0, 0, 0, 0],
    [0, 0, 0, 4, 5, 6, 0, 0, 0],
    [7, 0, 0, 0, 0, 0, 0, 0, 0],
  ];
  expect([...data]).toEqual(indices.flat().flatMap(at));
});
