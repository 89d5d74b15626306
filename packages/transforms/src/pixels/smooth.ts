import type { Image } from '../image.ts';

const f = Math.fround;
const side = f(1 / 13);
const centre = f(5 / 13);

/** PIL's `ImageFilter.SMOOTH`, 3 x 3 in float32; the outermost pixels stay as they are. */
export function smooth(image: Image): Image {
  const { width, height, channels, data } = image;
  const out = data.slice();
  const row = width * channels;
  const line = (i: number, middle: number): number =>
    f(f(f(data[i - channels]! * side) + f(data[i]! * middle)) + f(data[i + channels]! * side));
  for (let y = 1; y < height - 1; y++) {
    for (let i = y * row + channels; i < (y + 1) * row - channels; i++) {
      const sum = f(f(f(0.5 + line(i + row, side)) + line(i, centre)) + line(i - row, side));
      out[i] = Math.min(255, Math.trunc(sum));
    }
  }
  return { ...image, data: out };
}
