import type { Image } from '@zoo/transforms';

const side = 128;

export const dataUri = (bytes: Uint8Array, type: 'png' | 'jpeg' = 'png'): string =>
  `data:image/${type};base64,${Buffer.from(bytes).toString('base64')}`;

/** An image as a data URI, at most 128 pixels on its longer side; small ones keep every pixel. */
export async function thumbnail({ width, height, channels, data }: Image): Promise<string> {
  const { default: sharp } = await import('sharp');
  const raw = { width, height, channels: channels as 1 | 3 };
  const image = sharp(data, { raw }).toColourspace(channels === 1 ? 'b-w' : 'srgb');
  if (Math.max(width, height) <= side) return dataUri(await image.png().toBuffer());
  const smaller = image.resize({ width: side, height: side, fit: 'inside' });
  return dataUri(await smaller.jpeg({ quality: 82 }).toBuffer(), 'jpeg');
}
