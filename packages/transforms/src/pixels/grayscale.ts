import { ZooError } from '@zoo/core/base';
import { blankImage, type Image } from '../image.ts';

/** Luminance of one pixel, ITU-R 601-2 in 16-bit fixed point, as PIL's `convert('L')`. */
export const luminance = (r: number, g: number, b: number): number => (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16;

/** True for one channel, false for three; a ZooError for any other number, which colour transforms cannot work on. */
export function isGray({ channels }: Image): boolean {
  if (channels === 1 || channels === 3) return channels === 1;
  throw new ZooError('SHAPE_MISMATCH', `Colour transforms need 1 or 3 channels, got ${channels}.`);
}

/** The image in one channel. */
export function toLuminance(image: Image): Image {
  if (isGray(image)) return image;
  const out = blankImage({ ...image, channels: 1 });
  for (let i = 0, source = 0; i < out.data.length; i++, source += 3) {
    out.data[i] = luminance(image.data[source]!, image.data[source + 1]!, image.data[source + 2]!);
  }
  return out;
}

/** Luminance, in one channel or repeated in three. */
export function toGrayscale(image: Image, channels: 1 | 3): Image {
  const gray = toLuminance(image);
  if (channels === 1) return gray;
  const out = blankImage({ ...image, channels: 3 });
  for (let i = 0; i < out.data.length; i++) out.data[i] = gray.data[Math.trunc(i / 3)]!;
  return out;
}
