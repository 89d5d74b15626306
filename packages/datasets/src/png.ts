import { ZooError } from '@zoo/core';
import type { Image } from '@zoo/transforms';
import { zlibSync } from 'fflate';

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** PNG's colour types by number of channels; 3 is a palette of colours. */
const [grey, rgb, palette] = [0, 2, 3];

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c;
});

function crc32(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (const byte of bytes) c = crcTable[(c ^ byte) & 255]! ^ (c >>> 8);
  return ~c >>> 0;
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const out = new Uint8Array(12 + data.length);
  const view = new DataView(out.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) out[4 + i] = type.charCodeAt(i);
  out.set(data, 8);
  view.setUint32(8 + data.length, crc32(out.subarray(4, 8 + data.length)));
  return out;
}

export interface PngOptions {
  /** 0 (stored) to 9; 6 unless given. */
  level?: 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;
  /** Colours `[256, 3]` that a one-channel image's values stand for, as in Pascal VOC's masks. */
  palette?: Uint8Array;
}

/** An 8-bit image as a PNG file: grey or RGB, lossless, the same bytes on every machine (without row filters). */
export function encodePng(image: Image, options: PngOptions = {}): Uint8Array {
  const { width, height, channels, data } = image;
  if ((channels !== 1 && channels !== 3) || (options.palette && channels !== 1)) {
    throw new ZooError(
      'NOT_SUPPORTED',
      `PNG files are written of 1 or 3 channels, with a palette of 1; got ${channels}.`,
    );
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, options.palette ? palette : channels === 1 ? grey : rgb], 8);
  const row = width * channels;
  const rows = new Uint8Array(height * (row + 1)); // each begins with its filter, 0: none
  for (let y = 0; y < height; y++) rows.set(data.subarray(y * row, (y + 1) * row), y * (row + 1) + 1);
  const chunks = [
    chunk('IHDR', header),
    ...(options.palette ? [chunk('PLTE', options.palette)] : []),
    chunk('IDAT', zlibSync(rows, { level: options.level ?? 6 })),
    chunk('IEND', new Uint8Array()),
  ];
  const out = new Uint8Array(chunks.reduce((n, { length }) => n + length, signature.length));
  out.set(signature);
  let at = signature.length;
  for (const each of chunks) {
    out.set(each, at);
    at += each.length;
  }
  return out;
}
