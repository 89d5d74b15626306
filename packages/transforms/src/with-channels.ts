import type { Image } from './image.ts';
import { toLuminance } from './pixels/grayscale.ts';

/** The image with 1 or 3 channels: luminance of RGB, or grey repeated; alpha (a 2nd or 4th channel) is dropped. */
export function withChannels(image: Image, channels: 1 | 3): Image {
  const { width, height, data } = image;
  if (image.channels === channels) return image;
  const colours = image.channels < 3 ? 1 : 3;
  if (channels === 1 && image.channels === 3) return toLuminance(image);
  const out = new Uint8Array(width * height * 3);
  for (let source = 0, target = 0; target < out.length; source += image.channels) {
    for (let colour = 0; colour < 3; colour++) out[target++] = data[source + (colours === 1 ? 0 : colour)]!;
  }
  const rgb: Image = { width, height, channels: 3, data: out };
  return channels === 3 ? rgb : toLuminance(rgb);
}
