import type { Image } from '../image.ts';
import { isGray, luminance, toLuminance } from './grayscale.ts';
import { mapValues } from './lookup.ts';
import { smooth } from './smooth.ts';

/** PIL's `Image.blend` of two values: from `a` (0) to `b` (1) and beyond, in float32, cut to 0 .. 255. */
function blendValue(a: number, b: number, factor: number): number {
  const value = Math.fround(a + Math.fround(factor * (b - a)));
  return value <= 0 ? 0 : value >= 255 ? 255 : Math.trunc(value);
}

const againstConstant = (image: Image, constant: number, factor: number): Image => {
  const f = Math.fround(factor);
  return mapValues(image, (value) => blendValue(constant, value, f));
};

/** 0 gives black, 1 the image. */
export const adjustBrightness = (image: Image, factor: number): Image => againstConstant(image, 0, factor);

/** 0 gives the image's mean luminance everywhere, 1 the image. */
export function adjustContrast(image: Image, factor: number): Image {
  const gray = toLuminance(image).data;
  let sum = 0;
  for (let i = 0; i < gray.length; i++) sum += gray[i]!;
  return againstConstant(image, Math.trunc(sum / gray.length + 0.5), factor);
}

/** 0 gives grey, 1 the image. */
export function adjustSaturation(image: Image, factor: number): Image {
  if (isGray(image)) return image;
  const f = Math.fround(factor);
  const { data } = image;
  const out = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i += 3) {
    const gray = luminance(data[i]!, data[i + 1]!, data[i + 2]!);
    out[i] = blendValue(gray, data[i]!, f);
    out[i + 1] = blendValue(gray, data[i + 1]!, f);
    out[i + 2] = blendValue(gray, data[i + 2]!, f);
  }
  return { ...image, data: out };
}

/** 0 gives a smoothed image, 1 the image, 2 a sharpened one. */
export function adjustSharpness(image: Image, factor: number): Image {
  const f = Math.fround(factor);
  const smoothed = smooth(image).data;
  return { ...image, data: image.data.map((value, i) => blendValue(smoothed[i]!, value, f)) };
}
