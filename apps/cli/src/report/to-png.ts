import type { InputSpec } from '@zoo/core';

export interface PngOptions {
  /** `[height, width, channels]`. */
  shape: readonly number[];
  /** The normalization to take back; without one, pixels are from 0 to 1. */
  inputSpec?: InputSpec | undefined;
}

/** Pixels as a dataset gives them, as a PNG file. */
export async function toPng(pixels: Float32Array, { shape, inputSpec }: PngOptions): Promise<Uint8Array> {
  const [height = 1, width = 1, channels = 1] = shape;
  const bytes = Uint8Array.from(pixels, (value, i) => {
    const plain = inputSpec ? value * inputSpec.std[i % channels]! + inputSpec.mean[i % channels]! : value;
    return Math.round(255 * Math.min(1, Math.max(0, plain)));
  });
  const { default: sharp } = await import('sharp');
  const raw = { width, height, channels: channels as 1 | 2 | 3 | 4 };
  return sharp(bytes, { raw })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .png()
    .toBuffer();
}
