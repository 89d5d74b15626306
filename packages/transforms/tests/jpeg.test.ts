import { createRng, type Rng } from '@zoo/core';
import { decodeImage } from '@zoo/transforms/node';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { fingerprint } from '../native/build.mjs';
import { decodeJpeg } from '../src/native/jpeg.ts';
import { fingerprint as jpegBinary } from '../src/native/jpeg-binary.ts';
import { fingerprint as resampleBinary } from '../src/native/resample-binary.ts';

const limit = 1e9;

/** Waves with noise of any strength. */
function picture(rng: Rng, width: number, height: number): Buffer {
  const noise = rng.uniform() < 0.3 ? 250 : rng.uniform() * 60;
  const waves = [rng.uniform() * 9 + 2, rng.uniform() * 9 + 2, rng.uniform() * 9 + 2];
  const data = Uint8ClampedArray.from({ length: width * height * 3 }, (_, i) => {
    const [x, y, channel] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3];
    return 128 + 90 * Math.sin(x / waves[channel]! + channel) + 80 * Math.cos(y / 7) + (rng.uniform() - 0.5) * noise;
  });
  return Buffer.from(data.buffer);
}

async function jpeg(
  rng: Rng,
  { gray = false, width = 8 + rng.int(90), height = 8 + rng.int(90) } = {},
): Promise<Buffer> {
  const image = sharp(picture(rng, width, height), { raw: { width, height, channels: 3 } });
  const options = {
    quality: 1 + rng.int(100),
    chromaSubsampling: rng.uniform() < 0.5 ? '4:2:0' : '4:4:4',
    optimizeCoding: rng.uniform() < 0.5,
  };
  return (gray ? image.toColourspace('b-w') : image).jpeg(options).toBuffer();
}

/** A grey JPEG of flat blocks, with a restart marker after every third. */
function withRestarts(levels: readonly number[], columns: number): Buffer {
  const segment = (marker: number, ...bytes: number[]) => [0xff, marker, 0, bytes.length + 2, ...bytes];
  const rows = levels.length / columns;
  const scan: number[] = [];
  for (let from = 0; from < levels.length; from += 3) {
    if (from > 0) scan.push(0xff, 0xd0 + ((from / 3 - 1) % 8));
    let bits = '';
    let former = 0;
    for (const level of levels.slice(from, from + 3)) {
      const difference = level - former;
      former = level;
      const size = difference === 0 ? 0 : Math.floor(Math.log2(Math.abs(difference))) + 1;
      const value = difference < 0 ? difference + 2 ** size - 1 : difference;
      bits += `${size.toString(2).padStart(4, '0') + (size ? value.toString(2).padStart(size, '0') : '')}0`;
    }
    bits = bits.padEnd(Math.ceil(bits.length / 8) * 8, '1');
    for (const byte of bits.match(/.{8}/g)!) scan.push(Number.parseInt(byte, 2), ...(byte === '11111111' ? [0] : []));
  }
  const codes = (length: number, symbols: number[]) => [
    ...Array.from({ length: 16 }, (_, i) => (i === length - 1 ? symbols.length : 0)),
    ...symbols,
  ];
  return Buffer.from([
    ...[0xff, 0xd8],
    ...segment(0xdb, 0, ...new Array<number>(64).fill(1)),
    ...segment(0xc0, 8, 0, rows * 8, 0, columns * 8, 1, 1, 0x11, 0),
    ...segment(0xc4, 0x00, ...codes(4, [...Array(12).keys()])),
    ...segment(0xc4, 0x10, ...codes(1, [0])),
    ...segment(0xdd, 0, 3),
    ...segment(0xda, 1, 1, 0, 0, 63, 0),
    ...scan,
    ...[0xff, 0xd9],
  ]);
}

/** What libjpeg makes of it, by way of sharp; rejects where it warns. */
async function byLibjpeg(bytes: Uint8Array, channels: number): Promise<Buffer> {
  const image = sharp(bytes, { ignoreIcc: true, failOn: 'warning' }).toColourspace(channels === 1 ? 'b-w' : 'srgb');
  return image.raw().toBuffer();
}

test('the binaries are those of the C files', () => {
  expect([jpegBinary, resampleBinary]).toEqual([fingerprint(), fingerprint()]);
});

describe('ordinary JPEGs', () => {
  test('give every byte that libjpeg gives, at any size and quality', async () => {
    const rng = createRng(1);
    for (let i = 0; i < 60; i++) {
      const bytes = await jpeg(rng, { gray: i % 6 === 5 });
      const image = decodeJpeg(bytes, limit)!;
      expect(image.channels).toBe(i % 6 === 5 ? 1 : 3);
      expect(Buffer.compare(Buffer.from(image.data), await byLibjpeg(bytes, image.channels))).toBe(0);
    }
  });

  test('with chroma of half the width', async () => {
    // Written by Pillow with subsampling=1.
    const bytes = Buffer.from(halfWidth, 'base64');
    const image = decodeJpeg(bytes, limit)!;
    expect(image).toMatchObject({ width: 37, height: 21, channels: 3 });
    expect(Buffer.compare(Buffer.from(image.data), await byLibjpeg(bytes, 3))).toBe(0);
  });
});

test('restart markers are followed, and must be in order', async () => {
  const rng = createRng(4);
  const levels = Array.from({ length: 60 }, () => rng.int(2000) - 1000);
  const bytes = withRestarts(levels, 6);
  const image = decodeJpeg(bytes, limit)!;
  expect(image).toMatchObject({ width: 48, height: 80, channels: 1 });
  expect(Buffer.compare(Buffer.from(image.data), await byLibjpeg(bytes, 1))).toBe(0);
  const second = bytes.indexOf(Buffer.from([0xff, 0xd1]));
  expect(decodeJpeg(Buffer.from(bytes).fill(0xd5, second + 1, second + 2), limit)).toBeUndefined();
});

test('damaged files are refused, or read as libjpeg reads them where it sees no damage', async () => {
  const rng = createRng(2);
  const whole = await jpeg(rng, { width: 48, height: 40 });
  let refused = 0;
  for (let i = 0; i < 250; i++) {
    const bytes = Uint8Array.from(whole);
    bytes[2 + rng.int(whole.length - 2)] = rng.int(256);
    const image = decodeJpeg(i % 9 === 0 ? bytes.subarray(0, rng.int(bytes.length)) : bytes, limit);
    if (image) expect(Buffer.compare(Buffer.from(image.data), await byLibjpeg(bytes, image.channels))).toBe(0);
    else refused++;
  }
  expect(refused).toBeGreaterThan(50);
});

describe('headers that libjpeg refuses are refused', () => {
  const segment = (marker: number, ...bytes: number[]) => [0xff, marker, 0, bytes.length + 2, ...bytes];
  /** In front of the segment with this marker. */
  const inserted = (whole: Buffer, marker: number, bytes: number[]): Buffer => {
    const at = whole.indexOf(Buffer.from([0xff, marker]));
    return Buffer.concat([whole.subarray(0, at), Buffer.from(bytes), whole.subarray(at)]);
  };
  const patched = (whole: Buffer, ...writes: [from: number, at: number, value: number][]): Buffer => {
    const out = Buffer.from(whole);
    for (const [from, at, value] of writes) out[from + at] = value;
    return out;
  };
  const counts = (whole: Buffer, table: number): number => whole.indexOf(Buffer.from([0xff, 0xc4])) + table + 5;
  const few = Array.from({ length: 16 }, (_, i) => (i === 1 ? 1 : 0));
  test.each<[string, (whole: Buffer) => Buffer]>([
    // The standard table of differences has one code of each length from 4 on: the last of 9 bits is made one of 8.
    ['a code of ones only', (whole) => patched(whole, [counts(whole, 0), 7, 2], [counts(whole, 0), 8, 0])],
    [
      'more codes of a length than there are',
      (whole) => patched(whole, [counts(whole, 0), 0, 3], [counts(whole, 0), 2, 2]),
    ],
    ['a difference of 16 bits', (whole) => patched(whole, [counts(whole, 0), 16 + 11, 16])],
    ['a code table of number 4', (whole) => inserted(whole, 0xda, segment(0xc4, 4, ...few, 0))],
    ['a quantization table of number 4', (whole) => inserted(whole, 0xda, segment(0xdb, 4, ...Array(64).fill(1)))],
    ['a long restart interval', (whole) => inserted(whole, 0xda, segment(0xdd, 0, 0, 0))],
    ['two frames', (whole) => inserted(whole, 0xda, segment(0xc0, 8, 0, 24, 0, 32, 1, 1, 0x11, 0))],
    ['an unknown marker behind the scan', (whole) => patched(whole, [whole.length - 1, 0, 0xb4])],
    [
      'an unknown marker in the scan',
      (whole) => patched(whole, [whole.length - 80, 0, 0xff], [whole.length - 79, 0, 0x9f]),
    ],
    [
      'a segment in the scan that leads beyond the end',
      (whole) =>
        patched(whole, [whole.length - 80, 0, 0xff], [whole.length - 79, 0, 0xc4], [whole.length - 78, 0, 0xf5]),
    ],
  ])('%s', async (_, damage) => {
    const raw = { width: 32, height: 24, channels: 3 as const };
    const whole = await sharp(picture(createRng(5), 32, 24), { raw })
      .jpeg({ quality: 60, optimizeCoding: false })
      .toBuffer();
    expect(decodeJpeg(whole, limit)).toBeDefined();
    const bytes = damage(whole);
    expect(decodeJpeg(bytes, limit)).toBeUndefined();
    await expect(decodeImage(bytes)).rejects.toMatchObject({ code: 'CORRUPT_FILE' });
  });
});

test('all others are left to the general decoder', async () => {
  const rng = createRng(3);
  const raw = { raw: { width: 32, height: 24, channels: 3 as const } };
  const source = () => sharp(picture(rng, 32, 24), raw);
  const turned = await source().withMetadata({ orientation: 6 }).jpeg().toBuffer();
  const upright = await source().withMetadata({ orientation: 1 }).jpeg().toBuffer();
  const progressive = await source().jpeg({ progressive: true }).toBuffer();
  const cmyk = await source().toColourspace('cmyk').jpeg().toBuffer();
  expect([turned, progressive, cmyk].map((bytes) => decodeJpeg(bytes, limit))).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect(decodeJpeg(upright, limit)).toBeDefined();
  expect(decodeJpeg(upright, 100)).toBeUndefined();
  expect(await decodeImage(turned)).toMatchObject({ width: 24, height: 32 });
  expect(await decodeImage(cmyk)).toMatchObject({ width: 32, height: 24, channels: 3 });
  await expect(decodeImage(upright, { maxPixels: 100 })).rejects.toMatchObject({ code: 'NOT_SUPPORTED' });
});

const halfWidth =
  '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0//wAARCAAVACUDASEAAhEBAxEB/8QAGQABAAMBAQAAAAAAAAAAAAAABQAEBgED/8QAIhAAAQUAAgICAwAAAAAAAAAAAQACAwQFESESUSIxBhMj/8QAFwEBAQEBAAAAAAAAAAAAAAAABQMEBv/EACMRAAICAgIBBAMAAAAAAAAAAAEDAgQAEQUSIRMxMvBRYbH/2gAMAwEAAhEDEQA/AOxbdqWDiNp+kHfdpWZug7tS42itU9nNvJoSmrEyxbFxLswBkcVe0cCOJv8AZ/J9cpNt5VTc/pyLL8RQ6ww+DMqNB8ngH0CogWcjeZMz7kb/AATrOcXZaYjxmnqQZtav349BC6mvQrPJaGjhKUa85SM5nQGKcmt768d55VPylzh41mcD37VDW0r84IY1yxMULFrtL4j2+/vFE0IK47c8Mr1tKVpd8lEt0SPGELcgRAxysx8lUudK49I2xlRTz+Ukjj39KPJ2pLYER8DW/wC4zy7vTqxMRmmwcSo1oPjykNGrXhZ8YgiEzlN2jhTbLGUdE4Qy3+vkNibwouiFWJG94CpG4A7z/9k=';
