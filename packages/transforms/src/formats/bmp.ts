import type { Image } from '../image.ts';
import { ByteReader, checkSize, damaged, unsupported } from './byte-reader.ts';

interface Header {
  width: number;
  height: number;
  /** Rows begin with the top one. */
  fromTop: boolean;
  /** Bits of a pixel. */
  bits: number;
  compression: number;
  /** Where a channel's bits lie in a pixel: red, green, blue. */
  masks: readonly number[];
  /** RGB of each index. */
  colours: Uint8Array;
  /** Where the pixels begin. */
  offset: number;
}

const [none, runs8, runs4, bitFields] = [0, 1, 2, 3];
const headerSizes = [12, 40, 52, 56, 64, 108, 124];

/** Whether it begins with BM, and with a header of a known size behind 14 bytes. */
export const isBmp = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x42 && bytes[1] === 0x4d && headerSizes.includes(bytes[14]!) && [15, 16, 17].every((at) => !bytes[at]);

function readHeader(file: ByteReader): Header {
  file.at = 10;
  let offset = file.u32();
  const size = file.u32();
  const old = size === 12;
  const width = old ? file.u16() : file.i32();
  const rows = old ? file.u16() : file.i32();
  file.take(2);
  const bits = file.u16();
  const compression = old ? none! : file.u32();
  file.take(old ? 0 : 12);
  const named = old ? 0 : file.u32();
  let masks = bits === 16 ? [0x7c00, 0x3e0, 0x1f] : [0xff0000, 0xff00, 0xff];
  if (compression === bitFields) {
    file.at = 54; // in the header, or behind one of 40 bytes
    const own = [file.u32(), file.u32(), file.u32()];
    if (own.some((mask) => mask !== 0)) masks = own;
  }
  // A colour behind the palette's end is a grey.
  const colours = Uint8Array.from({ length: 768 }, (_, i) => i / 3);
  if (bits <= 8) {
    const count = named || 2 ** bits;
    const entry = old ? 3 : 4;
    file.at = 14 + size;
    // Some headers name more colours than there are.
    const known = Math.min(count, 256, Math.floor((file.bytes.length - file.at) / entry));
    for (let i = 0; i < known; i++) {
      const [blue, green, red] = file.take(entry);
      colours.set([red!, green!, blue!], i * 3);
    }
    // Some writers forget the palette.
    if (offset === 14 + size) offset += 4 * count;
  }
  return {
    width,
    height: Math.abs(rows),
    fromTop: rows < 0,
    bits,
    compression,
    masks,
    colours,
    offset: offset || file.at,
  };
}

/** RGB of an image whose rows are written in the order of the file. */
class Canvas {
  readonly data: Uint8Array;
  private readonly header: Header;

  constructor(header: Header) {
    this.header = header;
    this.data = new Uint8Array(header.width * header.height * 3);
  }

  /** Where the file's row of this number begins. */
  row(y: number): number {
    const { width, height, fromTop } = this.header;
    return (fromTop ? y : height - 1 - y) * width * 3;
  }

  put(target: number, index: number): void {
    for (let i = 0; i < 3; i++) this.data[target + i] = this.header.colours[3 * index + i]!;
  }
}

/** Indices that are packed as runs; pixels that no run covers have the first colour. */
function unpackRuns(file: ByteReader, canvas: Canvas, { width, height, bits, colours, offset }: Header): void {
  for (let i = 0; i < canvas.data.length; i++) canvas.data[i] = colours[i % 3]!;
  file.at = offset;
  let [x, y] = [0, 0];
  const put = (index: number): void => {
    if (x < width) canvas.put(canvas.row(y) + 3 * x++, index);
  };
  while (y < height - 1 || (y === height - 1 && x < width)) {
    const [count, value] = [file.u8(), file.u8()];
    if (count > 0) {
      for (let i = 0; i < count; i++) put(bits === 8 ? value : i % 2 === 0 ? value >> 4 : value & 15);
    } else if (value === 0) [x, y] = [0, y + 1];
    else if (value === 1) return;
    else if (value === 2) [x, y] = [x + file.u8(), y + file.u8()];
    else {
      const length = Math.ceil((value * bits) / 8);
      const packed = file.take(length + (length % 2));
      for (let i = 0; i < value; i++) put(bits === 8 ? packed[i]! : (packed[i >> 1]! >> (i % 2 === 0 ? 4 : 0)) & 15);
    }
  }
}

/** A channel of 0 to 255 from a pixel's bits. */
function channelOf(mask: number): (pixel: number) => number {
  if (mask === 0) return () => 0;
  const shift = 31 - Math.clz32(mask & -mask);
  const largest = mask >>> shift;
  if ((largest & (largest + 1)) !== 0) throw unsupported(`a BMP with the mask ${mask.toString(16)}`);
  return (pixel) => Math.floor((((pixel & mask) >>> shift) * 255) / largest);
}

/** Rows as they lie in the file, each filled up to 4 bytes. */
function unpackRows(bytes: Uint8Array, canvas: Canvas, { width, height, bits, masks, offset }: Header): void {
  const { data } = canvas;
  const channels = masks.map(channelOf);
  // Channels of whole bytes are copied.
  const places = masks.map((mask) => [0xff, 0xff00, 0xff0000, 0xff000000].indexOf(mask));
  const whole = !places.includes(-1);
  const step = bits / 8;
  for (let y = 0; y < height; y++) {
    const row = offset + y * rowBytes(width, bits);
    let target = canvas.row(y);
    for (let x = 0; x < width; x++, target += 3) {
      const at = row + Math.floor(x * step);
      if (bits <= 8) canvas.put(target, (bytes[at]! >> (8 - bits - ((x * bits) & 7))) & (2 ** bits - 1));
      else if (whole) for (let i = 0; i < 3; i++) data[target + i] = bytes[at + places[i]!]!;
      else {
        const pixel =
          bytes[at]! | (bytes[at + 1]! << 8) | (step > 2 ? (bytes[at + 2]! | (bytes[at + 3]! << 8)) << 16 : 0);
        for (let i = 0; i < 3; i++) data[target + i] = channels[i]!(pixel);
      }
    }
  }
}

const rowBytes = (width: number, bits: number): number => Math.ceil((width * bits) / 32) * 4;

/** A BMP as PIL's `convert('RGB')` has it. Throws NOT_SUPPORTED for what has a JPEG or a PNG inside and other oddities. */
export function decodeBmp(bytes: Uint8Array, maxPixels: number): Image {
  const file = new ByteReader(bytes);
  const header = readHeader(file);
  const { width, height, bits, compression, offset } = header;
  checkSize(width, height, maxPixels);
  const packed = (compression === runs8 && bits === 8) || (compression === runs4 && bits === 4);
  const plain = compression === none ? [1, 4, 8, 16, 24, 32] : compression === bitFields ? [16, 24, 32] : [];
  if (!packed && !plain.includes(bits)) throw unsupported(`a BMP of ${bits} bits with compression ${compression}`);
  // The last row need not be filled up. Runs may leave pixels out, but not so many that memory is wasted on them.
  const least = packed ? (width * height) / 4096 : rowBytes(width, bits) * (height - 1) + Math.ceil((width * bits) / 8);
  if (offset + least > bytes.length) throw damaged('the file ends too early');
  const canvas = new Canvas(header);
  if (packed) unpackRuns(file, canvas, header);
  else unpackRows(bytes, canvas, header);
  return { width, height, channels: 3, data: canvas.data };
}
