import { blankImage, type Image } from '../image.ts';
import { sampleTable } from './nearest.ts';
import { type Fill, fillValues } from './pad.ts';

/** `[a, b, c, d, e, f]`: output position (x, y) shows what the source has at (ax + by + c, dx + ey + f). */
export type AffineMatrix = readonly [number, number, number, number, number, number];

/** How rotation and affine maps read between pixels. */
export type WarpInterpolation = 'nearest' | 'bilinear' | 'bicubic';

export interface WarpOptions {
  matrix: AffineMatrix;
  width: number;
  height: number;
  interpolation: WarpInterpolation;
  /** Where the source has no pixel. */
  fill: Fill;
}

const clamp = (i: number, size: number): number => (i < 0 ? 0 : i < size ? i : size - 1);

function filled(channels: number, { width, height, fill }: WarpOptions): Image {
  const out = blankImage({ width, height, channels });
  const values = fillValues(fill, channels).map(Math.trunc);
  if (values.some((v) => v !== 0)) for (let i = 0; i < out.data.length; i++) out.data[i] = values[i % channels]!;
  return out;
}

/** A map without rotation or shear: PIL tabulates the positions along both axes. */
function scaleNearest(image: Image, options: WarpOptions): Image {
  const [a, , c, , e, f] = options.matrix;
  const { channels } = image;
  const columns = sampleTable({ count: options.width, step: a, origin: c, limit: image.width });
  const rows = sampleTable({ count: options.height, step: e, origin: f, limit: image.height });
  const out = filled(channels, options);
  for (let y = 0; y < rows.length; y++) {
    for (let x = 0; x < columns.length; x++) {
      if (rows[y]! < 0 || columns[x]! < 0) continue;
      const source = (rows[y]! * image.width + columns[x]!) * channels;
      const target = (y * options.width + x) * channels;
      for (let channel = 0; channel < channels; channel++) out.data[target + channel] = image.data[source + channel]!;
    }
  }
  return out;
}

/** Nearest neighbour in 16.16 fixed point, positions added up as PIL does. */
function warpNearest(image: Image, options: WarpOptions): Image {
  const [a, b, c, d, e, f] = options.matrix;
  const { channels, width, height, data } = image;
  const out = filled(channels, options);
  const fixed = (v: number): number => Math.floor(v * 65536 + 0.5) | 0;
  const stepX = fixed(a);
  const stepY = fixed(d);
  let rowX = fixed(c + a * 0.5 + b * 0.5);
  let rowY = fixed(f + d * 0.5 + e * 0.5);
  let target = 0;
  for (let y = 0; y < options.height; y++) {
    let sx = rowX;
    let sy = rowY;
    for (let x = 0; x < options.width; x++, target += channels) {
      const column = sx >> 16;
      const row = sy >> 16;
      if (column >= 0 && column < width && row >= 0 && row < height) {
        const source = (row * width + column) * channels;
        for (let channel = 0; channel < channels; channel++) out.data[target + channel] = data[source + channel]!;
      }
      sx = (sx + stepX) | 0;
      sy = (sy + stepY) | 0;
    }
    rowX = (rowX + fixed(b)) | 0;
    rowY = (rowY + fixed(e)) | 0;
  }
  return out;
}

/** Sums the neighbourhood of a source position in float64; PIL cuts the fraction off rather than rounding. */
type Sampler = (data: Uint8Array, columns: number[], rows: number[], dx: number, dy: number) => number;

const lerp = (a: number, b: number, d: number): number => a + (b - a) * d;

const bilinear: Sampler = (data, [x0 = 0, x1 = 0], [y0 = 0, y1 = 0], dx, dy) =>
  lerp(lerp(data[y0 + x0]!, data[y0 + x1]!, dx), lerp(data[y1 + x0]!, data[y1 + x1]!, dx), dy);

function cubic(v1: number, v2: number, v3: number, v4: number, d: number): number {
  const p2 = -v1 + v3;
  const p3 = 2 * (v1 - v2) + v3 - v4;
  const p4 = -v1 + v2 - v3 + v4;
  return v2 + d * (p2 + d * (p3 + d * p4));
}

const bicubic: Sampler = (data, [x0 = 0, x1 = 0, x2 = 0, x3 = 0], rows, dx, dy) => {
  const [v1 = 0, v2 = 0, v3 = 0, v4 = 0] = rows.map((y) =>
    cubic(data[y + x0]!, data[y + x1]!, data[y + x2]!, data[y + x3]!, dx),
  );
  return Math.min(255, Math.max(0, cubic(v1, v2, v3, v4, dy)));
};

function warpSmooth(image: Image, options: WarpOptions): Image {
  const [a, b, c, d, e, f] = options.matrix;
  const { channels, width, height, data } = image;
  const [sample, before, count] = options.interpolation === 'bilinear' ? [bilinear, 0, 2] : [bicubic, 1, 4];
  const out = filled(channels, options);
  const columns = new Array<number>(count).fill(0);
  const rows = new Array<number>(count).fill(0);
  for (let y = 0; y < options.height; y++) {
    for (let x = 0; x < options.width; x++) {
      const sx = a * (x + 0.5) + b * (y + 0.5) + c;
      const sy = d * (x + 0.5) + e * (y + 0.5) + f;
      if (!(sx >= 0 && sx < width && sy >= 0 && sy < height)) continue;
      const column = Math.floor(sx - 0.5);
      const row = Math.floor(sy - 0.5);
      const dx = sx - 0.5 - column;
      const dy = sy - 0.5 - row;
      const target = (y * options.width + x) * channels;
      for (let channel = 0; channel < channels; channel++) {
        for (let k = 0; k < count; k++) {
          columns[k] = clamp(column - before + k, width) * channels + channel;
          rows[k] = clamp(row - before + k, height) * width * channels;
        }
        out.data[target + channel] = Math.trunc(sample(data, columns, rows, dx, dy));
      }
    }
  }
  return out;
}

/** PIL's `Image.transform(AFFINE)`. */
export function warp(image: Image, options: WarpOptions): Image {
  if (options.interpolation !== 'nearest') return warpSmooth(image, options);
  const isScaling = options.matrix[1] === 0 && options.matrix[3] === 0;
  return isScaling ? scaleNearest(image, options) : warpNearest(image, options);
}
