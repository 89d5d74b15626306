import { ZooError } from '@zoo/core';

const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const newline = 0x0a;

/** Reads little-endian values one after the other; every read is checked against the end. */
export class ByteCursor {
  readonly bytes: Uint8Array;
  readonly file: string;
  position: number;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, file: string, position = 0) {
    this.bytes = bytes;
    this.file = file;
    this.position = position;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  fail(message: string, cause?: unknown): ZooError {
    return new ZooError('CORRUPT_FILE', `${this.file}: ${message}`, { cause });
  }

  /** A view of the next `length` bytes. */
  take(length: number): Uint8Array {
    const start = this.#advance(length);
    return this.bytes.subarray(start, start + length);
  }

  u8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }

  /** A 64-bit size; what cannot be a size of anything here is refused. */
  u64(): number {
    const value = this.#view.getBigUint64(this.#advance(8), true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER))
      throw this.fail(`byte ${this.position - 8} claims a size of ${value}.`);
    return Number(value);
  }

  /** Big-endian, as pickle stores its floats. */
  f64(): number {
    return this.#view.getFloat64(this.#advance(8), false);
  }

  utf8(length: number): string {
    const start = this.position;
    const piece = this.take(length);
    try {
      return text.decode(piece);
    } catch (cause) {
      throw this.fail(`the text at byte ${start} is not UTF-8.`, cause);
    }
  }

  /** Text up to the next newline, which is skipped. */
  line(maxLength = 1000): string {
    const end = this.bytes.indexOf(newline, this.position);
    const length = (end < 0 ? this.bytes.length : end) - this.position;
    if (end < 0 || length > maxLength) throw this.fail(`the line at byte ${this.position} does not end.`);
    const line = this.utf8(length);
    this.position++;
    return line;
  }

  #advance(length: number): number {
    const start = this.position;
    if (length > this.bytes.length - start) {
      throw this.fail(`${length} bytes are expected at byte ${start}, but the data ends at ${this.bytes.length}.`);
    }
    this.position += length;
    return start;
  }
}
