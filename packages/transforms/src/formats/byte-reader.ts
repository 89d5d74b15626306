import { ZooError } from '@zoo/core/base';

/** What a reader says of a damaged file; `decodeImage` adds the file's name. */
export const damaged = (reason: string): ZooError => new ZooError('CORRUPT_FILE', reason);

/** What a reader says of a file that is well formed but beyond it. */
export const unsupported = (reason: string): ZooError => new ZooError('NOT_SUPPORTED', reason);

/** Refuses sizes before memory is allocated for them. */
export function checkSize(width: number, height: number, maxPixels: number): void {
  if (width < 1 || height < 1) throw damaged(`a size of ${width} x ${height}`);
  if (width * height > maxPixels) throw unsupported(tooLarge(maxPixels));
}

export const tooLarge = (maxPixels: number): string => `more than ${maxPixels} pixels; raise maxPixels to read it`;

/** Little-endian numbers and parts of a file, in order; what lies behind its end is a damage. */
export class ByteReader {
  at = 0;
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  take(count: number): Uint8Array {
    if (this.at + count > this.bytes.length) throw damaged('the file ends too early');
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  u8(): number {
    return this.take(1)[0]!;
  }

  u16(): number {
    const [low, high] = this.take(2);
    return low! | (high! << 8);
  }

  i32(): number {
    return this.u16() | (this.u16() << 16);
  }

  u32(): number {
    return this.i32() >>> 0;
  }
}
