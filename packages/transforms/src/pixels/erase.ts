import { createRng } from '@zoo/core/base';
import { type AnyImage, isFloatImage } from '../image.ts';
import type { Window } from './crop.ts';
import { type Fill, fillValues } from './pad.ts';

/** What an erased rectangle shows: a value, or standard normal noise from a seed. */
export type Eraser = { fill: Fill } | { noiseSeed: number };

/** The image with a rectangle overwritten; noise in an 8-bit image is normal about 0 in units of full scale. */
export function erase<I extends AnyImage>(image: I, { top, left, height, width }: Window, eraser: Eraser): I {
  const { channels } = image;
  const data = image.data.slice();
  const noise = 'noiseSeed' in eraser ? createRng(eraser.noiseSeed) : undefined;
  const values = 'fill' in eraser ? fillValues(eraser.fill, channels) : [];
  const unit = isFloatImage(image) ? 1 : 255;
  for (let y = top; y < top + height; y++) {
    for (let i = (y * image.width + left) * channels; i < (y * image.width + left + width) * channels; i++) {
      const value = noise ? noise.normal() * unit : values[i % channels]!;
      data[i] = unit === 1 ? value : Math.min(255, Math.max(0, value));
    }
  }
  return { ...image, data };
}
