import { blankImage, type Image } from '../image.ts';
import { resample } from '../native/resample.ts';
import { coefficients } from './coefficients.ts';
import { crop, type Window } from './crop.ts';
import type { Interpolation } from './filters.ts';
import { sampleTable } from './nearest.ts';
import { horizontal, type Rows, vertical } from './passes.ts';

export interface ResizeOptions {
  width: number;
  height: number;
  interpolation: Interpolation;
  /** Compute only this part of the resized image. */
  window?: Window;
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
  const resizesWidth = width !== image.width;
  if (channels === 1 || channels === 3) {
    const rowBytes = image.width * channels;
    const data = resample({
      data: image.data.subarray(firstRow * rowBytes, endRow * rowBytes),
      rows: endRow - firstRow,
      rowBytes,
      channels,
      offset: resizesWidth ? 0 : window.left * channels,
      width: window.width,
      firstRow,
      ...(resizesWidth && { columns }),
      ...(resizesHeight && { lines: rows }),
    });
    if (data) return { width: window.width, height: window.height, channels, data };
  }
  let source: Rows;
  if (width === image.width) {
    source = { data: image.data, stride: width * channels, offset: window.left * channels, length, firstRow: 0 };
  } else {
    const data = horizontal(image, columns, { firstRow, rows: endRow - firstRow });
    if (!resizesHeight)
      return { width: window.width, height: window.height, channels, data: new Uint8Array(data.buffer) };
    source = { data, stride: length, offset: 0, length, firstRow };
  }
  const out = vertical(source, rows);
  return { width: window.width, height: window.height, channels, data: new Uint8Array(out.buffer) };
}
