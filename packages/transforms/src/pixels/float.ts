import { ZooError } from '@zoo/core';
import type { FloatImage, Image } from '../image.ts';

const f = Math.fround;

/** Values in [0, 1], `value / 255` in float32. */
export function toFloat(image: Image): FloatImage {
  const { data } = image;
  const out = new Float32Array(data.length);
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

/** `normalize(toFloat(image))` by a table of 256 values per channel. */
export function toNormalizedFloat(image: Image, mean: readonly number[], std: readonly number[]): FloatImage {
  const { channels, data } = image;
  checkChannels(channels, mean, std);
  const steps: Image = {
    width: 256,
    height: 1,
    channels,
    data: Uint8Array.from({ length: 256 * channels }, (_, i) => Math.trunc(i / channels)),
  };
  const table = normalize(toFloat(steps), mean, std).data;
  const out = new Float32Array(data.length);
  for (let i = 0, channel = 0; i < data.length; i++) {
    out[i] = table[data[i]! * channels + channel]!;
    if (++channel === channels) channel = 0;
  }
  return { ...image, data: out };
}
