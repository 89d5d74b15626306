import type { Image } from '../image.ts';
import { ByteReader, checkSize, damaged } from './byte-reader.ts';

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || (byte !== undefined && byte >= 9 && byte <= 13);

/** PBM, PGM and PPM, as text (P1 to P3) or binary (P4 to P6). */
export const isPnm = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x50 && bytes[1]! >= 0x31 && bytes[1]! <= 0x36 && isSpace(bytes[2]);

class PnmReader extends ByteReader {
  /** The next byte that belongs to a number: behind white space and comments. */
  private skip(): number {
    let byte = this.u8();
    while (isSpace(byte) || byte === 0x23) {
      if (byte === 0x23) while (byte !== 10 && byte !== 13) byte = this.u8();
      else byte = this.u8();
    }
    return byte;
  }

  /** A digit of a bitmap; no space is needed between them. */
  bit(): number {
    const bit = this.skip() - 0x30;
    if (bit !== 0 && bit !== 1) throw damaged('a bit that is neither 0 nor 1');
    return bit;
  }

  /** A number and the one white space behind it. */
  number(what: string, largest: number): number {
    let value = 0;
    let byte: number | undefined = this.skip();
    for (; byte !== undefined && !isSpace(byte); byte = this.bytes[this.at++]) {
      const digit = byte - 0x30;
      if (digit < 0 || digit > 9) throw damaged(`a ${what} that is no number`);
      value = value * 10 + digit;
      if (value > largest) throw damaged(`a ${what} above ${largest}`);
    }
    return value;
  }
}

/** The nearest whole number, of two the even one. */
function roundEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

/** A PBM, PGM or PPM of any depth in 8 bits, as PIL's `convert('RGB')` has it; PIL cuts PGMs of more than 8 bits off at 255. */
export function decodePnm(bytes: Uint8Array, maxPixels: number): Image {
  const kind = bytes[1]! - 0x30;
  const file = new PnmReader(bytes);
  file.take(2);
  const width = file.number('width', 2 ** 31);
  const height = file.number('height', 2 ** 31);
  checkSize(width, height, maxPixels);
  const channels = kind % 3 === 0 ? 3 : 1;
  const isText = kind < 4;
  const isBitmap = kind % 3 === 1;
  const largest = isBitmap ? 1 : file.number('largest value', 65535);
  if (largest === 0) throw damaged('a largest value of 0');
  const count = width * height * channels;
  const sampleBytes = largest > 255 ? 2 : 1;
  const rowBytes = isBitmap ? Math.ceil(width / 8) : width * channels * sampleBytes;
  // A bit takes a byte of text, and another number two, but for the last one.
  const least = isText ? (isBitmap ? count : 2 * count - 1) : rowBytes * height;
  if (least > bytes.length - file.at) throw damaged('the file ends too early');
  const data = new Uint8Array(count);
  if (isBitmap) {
    for (let i = 0; i < count; i++) {
      const x = i % width;
      const bit = isText
        ? file.bit()
        : (bytes[file.at + Math.floor(i / width) * rowBytes + (x >> 3)]! >> (7 - (x & 7))) & 1;
      data[i] = bit ? 0 : 255;
    }
    return { width, height, channels, data };
  }
  const scaled = Uint8Array.from({ length: largest + 1 }, (_, value) => roundEven((value / largest) * 255));
  for (let i = 0; i < count; i++) {
    const value = isText ? file.number('value', largest) : sampleBytes === 1 ? file.u8() : (file.u8() << 8) | file.u8();
    data[i] = scaled[Math.min(value, largest)]!;
  }
  return { width, height, channels, data };
}
