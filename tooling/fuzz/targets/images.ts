import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { decodeImage } from '@zoo/transforms/node';
import sharp from 'sharp';
import { type FuzzTarget, megabyte, utf8 } from '../target.ts';
import { repeated } from '../text.ts';

const name = 'image';
const raw = { raw: { width: 16, height: 12, channels: 3 as const } };
const pixels = Uint8Array.from({ length: 16 * 12 * 3 }, (_, i) => Math.imul(i, 2654435761) >>> 24);

async function decode(path: string): Promise<void> {
  const { width, height, channels, data } = await decodeImage(path);
  if (data.length !== width * height * channels) throw new Error(`${data.length} bytes of ${width} x ${height}`);
}

function chunk(type: string, data: Uint8Array): Buffer {
  const out = Buffer.alloc(12 + data.length);
  out.writeUInt32BE(data.length, 0);
  out.write(type, 4, 'latin1');
  out.set(data, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length);
  return out;
}

function png(width: number, height: number, chunks: readonly Buffer[]): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8);
  const start = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return new Uint8Array(Buffer.concat([start, chunk('IHDR', header), ...chunks, chunk('IEND', Buffer.alloc(0))]));
}

/** A frame header of a JPEG that claims a size, without the scan that would fill it. */
const jpegOf = (width: number, height: number): Uint8Array => {
  const size = [height >> 8, height & 255, width >> 8, width & 255];
  return Uint8Array.of(0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, ...size, 1, 1, 0x11, 0, 0xff, 0xd9);
};

/** Files that sharp does not write, of the tests' set. */
function fixture(kind: string, ...names: string[]): Uint8Array[] {
  const path = new URL(`../../../packages/transforms/tests/fixtures/images/${kind}.json`, import.meta.url);
  const cases = JSON.parse(readFileSync(path, 'utf8')) as Record<string, { file: string }>;
  return names.map((one) => new Uint8Array(Buffer.from(cases[one]!.file, 'base64')));
}

/** A header of a BMP, with what follows. */
function bmp(width: number, height: number, bits: number, compression: number, ...rest: number[]): Buffer {
  const header = Buffer.alloc(54);
  header.write('BM', 'latin1');
  header.writeUInt32LE(54, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(width, 18);
  header.writeInt32LE(height, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(bits, 28);
  header.writeUInt32LE(compression, 30);
  return Buffer.concat([header, Buffer.from(rest)]);
}

/** A GIF whose frame claims a size. */
const gifOf = (width: number, height: number, ...rest: number[]): Uint8Array => {
  const size = [width & 255, width >> 8, height & 255, height >> 8];
  return Buffer.concat([utf8('GIF89a'), Buffer.from([...size, 0, 0, 0, 0x2c, 0, 0, 0, 0, ...size, 0, ...rest])]);
};

export const images: FuzzTarget = {
  name: 'images',
  share: 15,
  samples: async () => {
    const image = sharp(pixels, raw);
    const made = await Promise.all([
      image.clone().jpeg().toBuffer(),
      image.clone().jpeg({ progressive: true }).toBuffer(),
      image.clone().png().toBuffer(),
      image.clone().gif().toBuffer(),
      image.clone().webp({ lossless: true }).toBuffer(),
      image.clone().tiff({ compression: 'lzw' }).toBuffer(),
    ]);
    const others = [
      ...fixture('gif', 'interlaced', 'transparent part of the canvas', 'runs'),
      ...fixture('bmp', '24 bits', '16 bits, 5-6-5', '4 bits', '8 bits, runs', 'header of 12 bytes, 8 bits'),
      ...fixture('pnm', 'P1', 'P3', 'P4', 'P5 up to 100', 'P6 up to 65535'),
      ...fixture('tiff', 'BigTIFF', 'CMYK of 16 bits', 'orientation 0'),
      ...fixture('jpeg', 'orientation 6', 'CMYK', 'stray bytes before a segment'),
    ];
    return [...made, ...others].map((bytes) => ({ [name]: new Uint8Array(bytes) }));
  },
  read: (folder) => decode(join(folder, name)),
  hostile() {
    const noise = Uint8Array.from({ length: 3 * 1000 * 1000 }, (_, i) => Math.imul(i, 2654435761) >>> 24);
    const like = sharp(noise, { raw: { width: 1000, height: 1000, channels: 3 } })
      .png()
      .toBuffer()
      .then((bytes) => ({ [name]: new Uint8Array(bytes) }));
    const case_ = (kind: string, bytes: Uint8Array) => ({ kind, files: { [name]: bytes }, like });
    const zeros = deflateSync(new Uint8Array(100 * megabyte));
    return [
      case_('a PNG that claims 60,000 x 60,000 pixels', png(60_000, 60_000, [chunk('IDAT', zeros.subarray(0, 9999))])),
      case_('a PNG that expands a thousandfold beyond its size', png(4, 4, [chunk('IDAT', zeros)])),
      case_(
        'a PNG with compressed text that expands',
        png(4, 4, [chunk('zTXt', Buffer.concat([utf8('a\0\0'), zeros]))]),
      ),
      case_('a PNG with many chunks', png(4, 4, new Array(300_000).fill(chunk('tEXt', utf8('a\0b'))))),
      case_('a JPEG that claims 65,000 x 65,000 pixels', jpegOf(65_000, 65_000)),
      case_(
        'a JPEG with many markers',
        Buffer.concat([Buffer.from([0xff, 0xd8]), Buffer.from(repeated('\xff\xfe\0\x02', 4 * megabyte), 'latin1')]),
      ),
      case_('a BMP that claims 60,000 x 60,000 pixels', bmp(60_000, 60_000, 24, 0)),
      case_('a BMP within the limit that claims more than there is', bmp(13_000, 13_000, 24, 0)),
      case_('a BMP of runs that claims more than there is', bmp(13_000, 13_000, 8, 1, ...new Array(1030).fill(0))),
      case_('a GIF that claims 60,000 x 60,000 pixels', gifOf(60_000, 60_000, 8, 1, 0, 0)),
      case_('a GIF within the limit that claims more than there is', gifOf(13_000, 13_000, 8, 1, 0, 0)),
      case_(
        'a GIF of many extensions',
        Buffer.concat([gifOf(4, 4).subarray(0, 13), Buffer.from(repeated('!\xfe\0', 4 * megabyte), 'latin1')]),
      ),
      case_('a PPM that claims more than there is', utf8('P6 60000 60000 255\n')),
      case_('a PPM with a comment without end', utf8(`P6 # ${repeated('c', 4 * megabyte)}`)),
      case_('a PPM with very long numbers', utf8(`P6 ${repeated('9', 4 * megabyte)} 1 255\n`)),
      case_('a text PPM of many numbers', utf8(`P3 2 2 255\n${repeated('1 ', 4 * megabyte)}`)),
    ];
  },
};
