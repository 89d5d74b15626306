import type { AnyImage, Image } from '../image.ts';

/** A rectangle in pixels. */
export interface Window {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

const sameKind = <I extends AnyImage>(image: I, shape: { width: number; height: number }): I => {
  const length = shape.width * shape.height * image.channels;
  const data = image.data instanceof Float32Array ? new Float32Array(length) : new Uint8Array(length);
  return { ...image, width: shape.width, height: shape.height, data };
};

/** The window of the image; what lies outside the image is 0 (or `fill`), as in PIL. */
export function crop<I extends AnyImage>(image: I, window: Window, fill = 0): I {
  const { top, left, height, width } = window;
  if (top === 0 && left === 0 && height === image.height && width === image.width) return image;
  const { channels } = image;
  const out = sameKind(image, window);
  if (fill !== 0) out.data.fill(fill);
  const firstColumn = Math.max(0, left);
  const endColumn = Math.min(image.width, left + width);
  if (endColumn <= firstColumn) return out;
  for (let y = Math.max(0, top); y < Math.min(image.height, top + height); y++) {
    const row = y * image.width;
    const part = image.data.subarray((row + firstColumn) * channels, (row + endColumn) * channels);
    out.data.set(part, ((y - top) * width + firstColumn - left) * channels);
  }
  return out;
}

/** Mirrored left to right. */
export function flipHorizontally<I extends AnyImage>(image: I): I {
  const { width, height, channels, data } = image;
  const out = sameKind(image, image);
  let target = 0;
  for (let y = 0; y < height; y++) {
    for (let x = width - 1; x >= 0; x--) {
      const source = (y * width + x) * channels;
      for (let channel = 0; channel < channels; channel++) out.data[target++] = data[source + channel]!;
    }
  }
  return out;
}

/** Mirrored top to bottom. */
export function flipVertically<I extends AnyImage>(image: I): I {
  const row = image.width * image.channels;
  const out = sameKind(image, image);
  for (let y = 0; y < image.height; y++) {
    out.data.set(image.data.subarray(y * row, (y + 1) * row), (image.height - 1 - y) * row);
  }
  return out;
}

/** Turned counter-clockwise by a multiple of 90 degrees. */
export function turn(image: Image, quarters: 1 | 2 | 3): Image {
  if (quarters === 2) return flipVertically(flipHorizontally(image));
  const { width, height, channels, data } = image;
  const out = sameKind(image, { width: height, height: width });
  let target = 0;
  for (let y = 0; y < width; y++) {
    for (let x = 0; x < height; x++) {
      const source = (quarters === 1 ? x * width + (width - 1 - y) : (height - 1 - x) * width + y) * channels;
      for (let channel = 0; channel < channels; channel++) out.data[target++] = data[source + channel]!;
    }
  }
  return out;
}
