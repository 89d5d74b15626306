import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeImage } from '@zoo/transforms/node';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const width = 24;
const height = 16;
const rgb = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 37 + Math.floor(i / 72) * 11) % 256);
const source = () => sharp(rgb, { raw: { width, height, channels: 3 } });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zoo-decode-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('a PNG keeps every pixel, from a path or from bytes', async () => {
  const bytes = await source().png().toBuffer();
  const path = join(folder, 'image.png');
  await writeFile(path, bytes);
  for (const image of [
    await decodeImage(path),
    await decodeImage(bytes),
    await decodeImage(new URL(`file://${path}`)),
  ]) {
    expect(image).toMatchObject({ width, height, channels: 3 });
    expect([...image.data]).toEqual([...rgb]);
  }
});

test('alpha is dropped, not blended', async () => {
  const rgba = Uint8Array.from({ length: width * height * 4 }, (_, i) => (i * 29) % 256);
  const bytes = await sharp(rgba, { raw: { width, height, channels: 4 } })
    .png()
    .toBuffer();
  const image = await decodeImage(bytes);
  expect(image.channels).toBe(3);
  expect([...image.data]).toEqual([...rgba].filter((_, i) => i % 4 !== 3));
});

test('a gray file becomes RGB, or stays in one channel', async () => {
  const gray = rgb.subarray(0, width * height);
  const bytes = await sharp(gray, { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer();
  const one = await decodeImage(bytes, { channels: 1 });
  expect(one.channels).toBe(1);
  expect([...one.data]).toEqual([...gray]);
  expect([...(await decodeImage(bytes)).data]).toEqual([...gray].flatMap((v) => [v, v, v]));
});

test('16 bits keep their upper 8', async () => {
  const wide = Uint16Array.from(rgb, (v, i) => v * 256 + (i % 256));
  const bytes = await sharp(wide, { raw: { width, height, channels: 3 } })
    .toColourspace('rgb16')
    .png()
    .toBuffer();
  expect([...(await decodeImage(bytes)).data]).toEqual([...rgb]);
});

test('EXIF orientation is applied', async () => {
  const bytes = await source().withMetadata({ orientation: 6 }).png().toBuffer();
  const image = await decodeImage(bytes);
  expect(image).toMatchObject({ width: height, height: width });
  // Orientation 6: turned by 90 degrees clockwise, so that the first pixel is the last row's first.
  expect([...image.data.subarray(0, 3)]).toEqual([
    ...rgb.subarray((height - 1) * width * 3, (height - 1) * width * 3 + 3),
  ]);
});

test('CMYK becomes RGB as PIL converts it, without a profile', async () => {
  // Written by Pillow, with what its convert('RGB') gives.
  const tiff =
    'SUkqAAgAAAAKAAABBAABAAAAAwAAAAEBBAABAAAAAgAAAAIBAwAEAAAAhgAAAAMBAwABAAAAAQAAAAYBAwABAAAABQAAABEBBAABAAAAjgAAABUBAwABAAAABAAAABYBBAABAAAAAgAAABcBBAABAAAAGAAAABwBAwABAAAAAQAAAAAAAAAIAAgACAAIAAApUnukzfYfSHGaw+wVPmeQueILNF2Grw==';
  const image = await decodeImage(Buffer.from(tiff, 'base64'));
  expect([...image.data]).toEqual([132, 111, 90, 80, 44, 8, 43, 33, 24, 11, 139, 115, 106, 67, 28, 64, 51, 38]);
});

test('only the first frame of an animation is read', async () => {
  const frames = Buffer.concat([rgb, rgb]);
  const raw = { width, height: height * 2, channels: 3 as const, pageHeight: height };
  const bytes = await sharp(frames, { raw }).gif().toBuffer();
  expect(await decodeImage(bytes)).toMatchObject({ width, height, channels: 3 });
});

describe('bad files are named', () => {
  test('missing', async () => {
    const path = join(folder, 'none.jpg');
    await expect(decodeImage(path)).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: expect.stringContaining(path),
    });
  });

  test('a folder', async () => {
    await expect(decodeImage(folder)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });

  test('empty', async () => {
    const path = join(folder, 'empty.jpg');
    await writeFile(path, '');
    await expect(decodeImage(path)).rejects.toMatchObject({
      code: 'CORRUPT_FILE',
      message: expect.stringContaining('empty.jpg'),
    });
  });

  test.each([
    ['jpeg', () => source().jpeg().toBuffer()],
    ['png', () => source().png().toBuffer()],
  ])('cut off: %s', async (_, make) => {
    const bytes = await make();
    const name = 'photos/cut';
    const cut = bytes.subarray(0, bytes.length * 0.7);
    await expect(decodeImage(cut, { name })).rejects.toMatchObject({
      code: 'CORRUPT_FILE',
      message: expect.stringContaining(name),
    });
  });

  test.each([
    ['text', 'hello world'],
    ['SVG', '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>'],
    ['PDF', '%PDF-1.4'],
  ])('no image: %s', async (_, text) => {
    await expect(decodeImage(new TextEncoder().encode(text), { name: 'notes.jpg' })).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
      message: expect.stringContaining('notes.jpg'),
    });
  });

  test('too many pixels', async () => {
    const bytes = await source().png().toBuffer();
    await expect(decodeImage(bytes, { maxPixels: 100, name: 'cat/huge.png' })).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
      message: expect.stringMatching(/'cat\/huge\.png'.*100 pixels/),
    });
  });
});
