import type { Image } from '../image.ts';

/** The image with every value replaced by a function of it. */
export function mapValues(image: Image, map: (value: number) => number): Image {
  const table = Uint8Array.from({ length: 256 }, (_, value) => map(value));
  const { data } = image;
  const out = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) out[i] = table[data[i]!]!;
  return { ...image, data: out };
}

/** One table for each channel, made from how often each of the 256 values occurs in it. */
function mapChannels(image: Image, tableOf: (histogram: Uint32Array) => (value: number) => number): Image {
  const { channels, data } = image;
  const out = new Uint8Array(data.length);
  for (let channel = 0; channel < channels; channel++) {
    const histogram = new Uint32Array(256);
    for (let i = channel; i < data.length; i += channels) histogram[data[i]!]!++;
    const map = tableOf(histogram);
    const table = Uint8ClampedArray.from({ length: 256 }, (_, value) => map(value));
    for (let i = channel; i < data.length; i += channels) out[i] = table[data[i]!]!;
  }
  return { ...image, data: out };
}

export const invert = (image: Image): Image => mapValues(image, (value) => 255 - value);

/** Keeps the `bits` highest bits of every value. */
export const posterize = (image: Image, bits: number): Image =>
  mapValues(image, (value) => value & ~(2 ** (8 - bits) - 1));

/** Inverts the values that are not below the threshold. */
export const solarize = (image: Image, threshold: number): Image =>
  mapValues(image, (value) => (value < threshold ? value : 255 - value));

/** Stretches every channel to the full range. */
export const autocontrast = (image: Image): Image =>
  mapChannels(image, (histogram) => {
    const low = histogram.findIndex((count) => count > 0);
    const high =
      255 -
      histogram
        .slice()
        .reverse()
        .findIndex((count) => count > 0);
    if (high <= low) return (value) => value;
    const scale = 255 / (high - low);
    const offset = -low * scale;
    return (value) => Math.min(255, Math.max(0, Math.trunc(value * scale + offset)));
  });

/** Spreads the values of every channel so that all occur about equally often. */
export const equalize = (image: Image): Image =>
  mapChannels(image, (histogram) => {
    const occurring = histogram.filter((count) => count > 0);
    const total = occurring.reduce((sum, count) => sum + count, 0);
    const step = Math.floor((total - occurring.at(-1)!) / 255);
    if (occurring.length <= 1 || step === 0) return (value) => value;
    let sum = Math.floor(step / 2);
    const table = Array.from(histogram, (count) => {
      const value = Math.floor(sum / step);
      sum += count;
      return value;
    });
    return (value) => table[value]!;
  });
