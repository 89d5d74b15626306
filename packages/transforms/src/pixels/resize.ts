import { blankImage, type Image } from '../image.ts';
import { type Coefficients, coefficients, precisionBits } from './coefficients.ts';
import { crop, type Window } from './crop.ts';
import type { Interpolation } from './filters.ts';
import { sampleTable } from './nearest.ts';

export interface ResizeOptions {
  width: number;
  height: number;
  interpolation: Interpolation;
  /** Compute only this part of the resized image. */
  window?: Window;
}

const half = 1 << (precisionBits - 1);

/** Rows `firstRow` .. `firstRow + rows - 1` of the image, resampled along the width. */
function horizontal(image: Image, firstRow: number, rows: number, c: Coefficients): Uint8ClampedArray {
  const { channels, data } = image;
  const { starts, counts, weights, taps } = c;
  const width = starts.length;
  const out = new Uint8ClampedArray(rows * width * channels);
  let target = 0;
  for (let y = 0; y < rows; y++) {
    const row = (firstRow + y) * image.width * channels;
    for (let x = 0; x < width; x++) {
      const first = row + starts[x]! * channels;
      const count = counts[x]!;
      const w = x * taps;
      if (channels === 3) {
        let r = half;
        let g = half;
        let b = half;
        let source = first;
        for (let k = w; k < w + count; k++) {
          const weight = weights[k]!;
          r = (r + Math.imul(data[source]!, weight)) | 0;
          g = (g + Math.imul(data[source + 1]!, weight)) | 0;
          b = (b + Math.imul(data[source + 2]!, weight)) | 0;
          source += 3;
        }
        out[target++] = r >> precisionBits;
        out[target++] = g >> precisionBits;
        out[target++] = b >> precisionBits;
        continue;
      }
      for (let channel = 0; channel < channels; channel++) {
        let sum = half;
        for (let k = 0, source = first + channel; k < count; k++, source += channels) {
          sum = (sum + Math.imul(data[source]!, weights[w + k]!)) | 0;
        }
        out[target++] = sum >> precisionBits;
      }
    }
  }
  return out;
}

interface Rows {
  data: Uint8Array | Uint8ClampedArray;
  /** Values from one row to the next. */
  stride: number;
  /** First value of a row that is wanted, and how many from there. */
  offset: number;
  length: number;
  /** Source row that the data begins with. */
  firstRow: number;
}

/** Resampling along the height; the channels of a row need not be told apart. */
function vertical({ data, stride, offset, length, firstRow }: Rows, c: Coefficients, out: Uint8ClampedArray): void {
  const { starts, counts, weights, taps } = c;
  let target = 0;
  for (let y = 0; y < starts.length; y++) {
    const first = (starts[y]! - firstRow) * stride + offset;
    const w = y * taps;
    const end = w + counts[y]!;
    for (let i = 0; i < length; i++) {
      let sum = half;
      for (let k = w, source = first + i; k < end; k++, source += stride) {
        sum = (sum + Math.imul(data[source]!, weights[k]!)) | 0;
      }
      out[target++] = sum >> precisionBits;
    }
  }
}

function nearest(image: Image, { width, height }: ResizeOptions, window: Window): Image {
  const { channels, data } = image;
  const columns = sampleTable({ count: width, step: image.width / width, limit: image.width });
  const rows = sampleTable({ count: height, step: image.height / height, limit: image.height });
  const out = blankImage({ ...window, channels });
  let target = 0;
  for (let y = window.top; y < window.top + window.height; y++) {
    const row = rows[y]! * image.width;
    for (let x = window.left; x < window.left + window.width; x++) {
      const source = (row + columns[x]!) * channels;
      for (let channel = 0; channel < channels; channel++) out.data[target++] = data[source + channel]!;
    }
  }
  return out;
}

/**
 * PIL's `Image.resize`, every value equal: two passes of a fixed-point antialiased filter with 8 bits in between.
 * With a `window`, the work is that of the window alone.
 */
export function resize(image: Image, options: ResizeOptions): Image {
  const { width, height, interpolation } = options;
  const window = options.window ?? { top: 0, left: 0, width, height };
  if (width === image.width && height === image.height) return options.window ? crop(image, window) : image;
  if (interpolation === 'nearest') return nearest(image, options, window);
  const { channels } = image;
  const axis = (inSize: number, outSize: number, from: number, length: number) =>
    coefficients({ inSize, outSize, interpolation, from, to: from + length });
  const columns = axis(image.width, width, window.left, window.width);
  const rows = axis(image.height, height, window.top, window.height);
  const resizesHeight = height !== image.height;
  const last = window.height - 1;
  const firstRow = resizesHeight ? rows.starts[0]! : window.top;
  const endRow = resizesHeight ? rows.starts[last]! + rows.counts[last]! : window.top + window.height;

  const length = window.width * channels;
  let source: Rows;
  if (width === image.width) {
    source = { data: image.data, stride: width * channels, offset: window.left * channels, length, firstRow: 0 };
  } else {
    const data = horizontal(image, firstRow, endRow - firstRow, columns);
    if (!resizesHeight)
      return { width: window.width, height: window.height, channels, data: new Uint8Array(data.buffer) };
    source = { data, stride: length, offset: 0, length, firstRow };
  }
  const out = new Uint8ClampedArray(window.height * length);
  vertical(source, rows, out);
  return { width: window.width, height: window.height, channels, data: new Uint8Array(out.buffer) };
}
