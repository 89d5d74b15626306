import { createRng } from '@zoo/core';
import type { Image } from '@zoo/transforms';

/** An image of random values. */
export function noise(width: number, height: number, channels = 3, seed = 0): Image {
  const rng = createRng(seed);
  return { width, height, channels, data: Uint8Array.from({ length: width * height * channels }, () => rng.int(256)) };
}

/** An image whose every pixel tells where it is: channel 0 the column, channel 1 the row. */
export function positions(width: number, height: number): Image {
  const at = (i: number): number => [Math.floor(i / 3) % width, Math.floor(i / 3 / width), 7][i % 3]!;
  return { width, height, channels: 3, data: Uint8Array.from({ length: width * height * 3 }, (_, i) => at(i)) };
}

/** The column and the row that a pixel of `positions` came from. */
export const origin = ({ width, data }: { width: number; data: ArrayLike<number> }, x: number, y: number): number[] => [
  data[(y * width + x) * 3]!,
  data[(y * width + x) * 3 + 1]!,
];
