import type { Image } from '@zoo/transforms';
import sharp from 'sharp';
import { encodePng } from '../png.ts';

export type ImageFormat = 'png' | 'jpeg';

/** An RGB image as a file of the given type; JPEG of quality 90. */
export async function encodeImage(image: Image, format: ImageFormat): Promise<Uint8Array> {
  if (format === 'png') return encodePng(image);
  const { width, height, data } = image;
  const channels = image.channels as 1 | 3;
  return sharp(data, { raw: { width, height, channels } }).jpeg({ quality: 90 }).toBuffer();
}

export const extensionOf: Readonly<Record<ImageFormat, string>> = { png: '.png', jpeg: '.jpg' };
