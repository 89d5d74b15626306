/** Wire types of protocol buffers that ONNX needs. */
const VARINT = 0;
const BYTES = 2;
const FIXED32 = 5;

const text = new TextEncoder();

/** Bytes that are made when they are needed; how many there are is known before. */
export interface DeferredBytes {
  readonly byteLength: number;
  read(): Promise<Uint8Array>;
}

export type ProtobufPart = Uint8Array | DeferredBytes;

/**
 * Protocol buffer fields in a list of chunks: nested messages and large byte strings are joined once, at the end, so that
 * the weights of a model are copied a single time.
 */
export class ProtobufWriter {
  #chunks: ProtobufPart[] = [];
  #buffer = new Uint8Array(64);
  #used = 0;
  #total = 0;

  /** Bytes written so far. */
  get byteLength(): number {
    return this.#total + this.#used;
  }

  /** An integer field; negative ones take ten bytes, as in every int64 of protocol buffers. */
  int(field: number, value: number | bigint): void {
    this.#tag(field, VARINT);
    this.#varint(value);
  }

  float(field: number, value: number): void {
    this.#tag(field, FIXED32);
    this.#reserve(4);
    new DataView(this.#buffer.buffer).setFloat32(this.#used, value, true);
    this.#used += 4;
  }

  string(field: number, value: string): void {
    this.bytes(field, text.encode(value));
  }

  /** Keeps a reference to `value` until `finish`. */
  bytes(field: number, value: ProtobufPart): void {
    this.#tag(field, BYTES);
    this.#varint(value.byteLength);
    this.#append(value);
  }

  packedInts(field: number, values: readonly number[]): void {
    this.message(field, (inner) => {
      for (const value of values) inner.#varint(value);
    });
  }

  packedFloats(field: number, values: readonly number[]): void {
    this.#tag(field, BYTES);
    this.#varint(4 * values.length);
    this.#append(new Uint8Array(Float32Array.from(values).buffer));
  }

  message(field: number, write: (inner: ProtobufWriter) => void): void {
    const inner = new ProtobufWriter();
    write(inner);
    this.#tag(field, BYTES);
    this.#varint(inner.byteLength);
    for (const chunk of inner.parts()) this.#append(chunk);
  }

  /** All bytes; none of them may be deferred. */
  finish(): Uint8Array {
    const joined = new Uint8Array(this.byteLength);
    let at = 0;
    for (const chunk of this.parts()) {
      joined.set(chunk as Uint8Array, at);
      at += chunk.byteLength;
    }
    return joined;
  }

  #tag(field: number, wireType: number): void {
    this.#varint(field * 8 + wireType);
  }

  #varint(value: number | bigint): void {
    this.#reserve(10);
    if (typeof value === 'number' && value >= 0) {
      let rest = value;
      while (rest > 127) {
        this.#buffer[this.#used++] = (rest % 128) | 128;
        rest = Math.floor(rest / 128);
      }
      this.#buffer[this.#used++] = rest;
      return;
    }
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest > 127n) {
      this.#buffer[this.#used++] = Number(rest & 127n) | 128;
      rest >>= 7n;
    }
    this.#buffer[this.#used++] = Number(rest);
  }

  #reserve(bytes: number): void {
    if (this.#used + bytes <= this.#buffer.length) return;
    const larger = new Uint8Array(2 * this.#buffer.length);
    larger.set(this.#buffer);
    this.#buffer = larger;
  }

  #append(chunk: ProtobufPart): void {
    if (chunk instanceof Uint8Array && chunk.byteLength <= 256) {
      while (this.#used + chunk.byteLength > this.#buffer.length) this.#reserve(chunk.byteLength);
      this.#buffer.set(chunk, this.#used);
      this.#used += chunk.byteLength;
      return;
    }
    this.#flush();
    this.#chunks.push(chunk);
    this.#total += chunk.byteLength;
  }

  #flush(): void {
    if (this.#used === 0) return;
    this.#chunks.push(this.#buffer.slice(0, this.#used));
    this.#total += this.#used;
    this.#used = 0;
  }

  /** What was written, in pieces. */
  parts(): ProtobufPart[] {
    this.#flush();
    return this.#chunks;
  }
}
