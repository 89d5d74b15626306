import { ZooError } from '@zoo/core/base';
import type { FloatImage, Image } from '../image.ts';
import { normalizeRgb } from '../native/resample.ts';

const f = Math.fround;

/** Values in [0, 1], `value / 255` in float32. */
export function toFloat(image: Image, out: Float32Array = new Float32Array(image.data.length)): FloatImage {
  const { data } = image;
  for (let i = 0; i < data.length; i++) out[i] = data[i]! / 255;
  return { ...image, data: out };
}

function checkChannels(channels: number, mean: readonly number[], std: readonly number[]): void {
  if (mean.length === channels && std.length === channels) return;
  throw new ZooError(
    'SHAPE_MISMATCH',
    `Normalize has ${mean.length} means and ${std.length} deviations, the image has ${channels} channels.`,
  );
}

/** `(value - mean) / std` per channel, every step in float32. */
export function normalize(image: FloatImage, mean: readonly number[], std: readonly number[]): FloatImage {
  const { channels, data } = image;
  checkChannels(channels, mean, std);
  const m = Float32Array.from(mean);
  const s = Float32Array.from(std);
  const out = new Float32Array(data.length);
  for (let i = 0, channel = 0; i < data.length; i++) {
    out[i] = f(data[i]! - m[channel]!) / s[channel]!;
    if (++channel === channels) channel = 0;
  }
  return { ...image, data: out };
}

/** For each channel the 256 values that bytes become, in float32 steps. */
function normalizedBytes(mean: readonly number[], std: readonly number[]): Float32Array {
  const table = new Float32Array(256 * mean.length);
  for (let i = 0; i < table.length; i++) {
    const channel = i >> 8;
    table[i] = f(f((i & 255) / 255) - f(mean[channel]!)) / f(std[channel]!);
  }
  return table;
}

/** `normalize(toFloat(image))` without floats in between, into `out` where it is given. */
export function toNormalizedFloat(
  image: Image,
  mean: readonly number[],
  std: readonly number[],
  out: Float32Array = new Float32Array(image.data.length),
): FloatImage {
  const { channels, data } = image;
  checkChannels(channels, mean, std);
  if (channels === 3 && normalizeRgb(data, { mean, std, out })) return { ...image, data: out };
  const table = normalizedBytes(mean, std);
  for (let i = 0, channel = 0; i < data.length; i++) {
    out[i] = table[256 * channel + data[i]!]!;
    if (++channel === channels) channel = 0;
  }
  return { ...image, data: out };
}
