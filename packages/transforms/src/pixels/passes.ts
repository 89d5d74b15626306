import type { Image } from '../image.ts';
import { type Coefficients, precisionBits } from './coefficients.ts';

const half = 1 << (precisionBits - 1);

/** Some rows of the image, resampled along the width. */
export function horizontal(
  image: Image,
  c: Coefficients,
  { firstRow, rows }: { firstRow: number; rows: number },
): Uint8ClampedArray {
  const out = new Uint8ClampedArray(rows * c.starts.length * image.channels);
  const row = image.width * image.channels;
  const part = image.data.subarray(firstRow * row, (firstRow + rows) * row);
  if (image.channels !== 3) horizontalAny(part, row, image.channels, c, out);
  else if (c.taps === 4) horizontalRgb4(part, row, c, out);
  else horizontalRgb(part, row, c, out);
  return out;
}

function horizontalRgb4(data: Uint8Array, row: number, c: Coefficients, out: Uint8ClampedArray): void {
  const { weights } = c;
  const starts = c.starts.map((start) => start * 3);
  let target = 0;
  for (let line = 0; line < data.length; line += row) {
    for (let x = 0, w = 0; x < starts.length; x++, w += 4) {
      const s = line + starts[x]!;
      const w0 = weights[w]!;
      const w1 = weights[w + 1]!;
      const w2 = weights[w + 2]!;
      const w3 = weights[w + 3]!;
      for (let i = s; i < s + 3; i++) {
        const sum =
          Math.imul(data[i]!, w0) +
          Math.imul(data[i + 3]!, w1) +
          Math.imul(data[i + 6]!, w2) +
          Math.imul(data[i + 9]!, w3) +
          half;
        out[target++] = sum >> precisionBits;
      }
    }
  }
}

function horizontalRgb(data: Uint8Array, row: number, c: Coefficients, out: Uint8ClampedArray): void {
  const { starts, counts, weights, taps } = c;
  let target = 0;
  for (let line = 0; line < data.length; line += row) {
    for (let x = 0; x < starts.length; x++) {
      let r = half;
      let g = half;
      let b = half;
      let source = line + starts[x]! * 3;
      const end = x * taps + counts[x]!;
      for (let k = x * taps; k < end; k++) {
        const weight = weights[k]!;
        r = (r + Math.imul(data[source]!, weight)) | 0;
        g = (g + Math.imul(data[source + 1]!, weight)) | 0;
        b = (b + Math.imul(data[source + 2]!, weight)) | 0;
        source += 3;
      }
      out[target++] = r >> precisionBits;
      out[target++] = g >> precisionBits;
      out[target++] = b >> precisionBits;
    }
  }
}

function horizontalAny(
  data: Uint8Array,
  row: number,
  channels: number,
  { starts, counts, weights, taps }: Coefficients,
  out: Uint8ClampedArray,
): void {
  let target = 0;
  for (let line = 0; line < data.length; line += row) {
    for (let x = 0; x < starts.length; x++) {
      for (let channel = 0; channel < channels; channel++) {
        let sum = half;
        let source = line + starts[x]! * channels + channel;
        for (let k = x * taps; k < x * taps + counts[x]!; k++, source += channels) {
          sum = (sum + Math.imul(data[source]!, weights[k]!)) | 0;
        }
        out[target++] = sum >> precisionBits;
      }
    }
  }
}

/** Where the rows for the vertical pass lie. */
export interface Rows {
  data: Uint8Array | Uint8ClampedArray;
  /** Values from one row to the next. */
  stride: number;
  /** First value of a row that is wanted, and how many from there. */
  offset: number;
  length: number;
  /** Row of the image that the data begins with. */
  firstRow: number;
}

/** Rows resampled along the height; the channels of a row need not be told apart. */
export function vertical(rows: Rows, c: Coefficients): Uint8ClampedArray {
  const { stride, offset, length, firstRow } = rows;
  // One kind of array, so that the loops below are compiled for it alone.
  const data = new Uint8Array(rows.data.buffer, rows.data.byteOffset, rows.data.length);
  const { starts, counts, weights, taps } = c;
  const out = new Uint8ClampedArray(starts.length * length);
  let target = 0;
  for (let y = 0; y < starts.length; y++) {
    const first = (starts[y]! - firstRow) * stride + offset;
    const w = y * taps;
    if (taps === 4) {
      const w0 = weights[w]!;
      const w1 = weights[w + 1]!;
      const w2 = weights[w + 2]!;
      const w3 = weights[w + 3]!;
      for (let i = first; i < first + length; i++) {
        const sum =
          Math.imul(data[i]!, w0) +
          Math.imul(data[i + stride]!, w1) +
          Math.imul(data[i + 2 * stride]!, w2) +
          Math.imul(data[i + 3 * stride]!, w3) +
          half;
        out[target++] = sum >> precisionBits;
      }
      continue;
    }
    const end = w + counts[y]!;
    for (let i = first; i < first + length; i++) {
      let sum = half;
      for (let k = w, source = i; k < end; k++, source += stride) {
        sum = (sum + Math.imul(data[source]!, weights[k]!)) | 0;
      }
      out[target++] = sum >> precisionBits;
    }
  }
  return out;
}
