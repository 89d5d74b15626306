/** A colour image; values are clamped to bytes when they are set. */
export interface Raster {
  width: number;
  height: number;
  /** Red, green, blue of every pixel, row by row. */
  data: Uint8ClampedArray;
}

export const createRaster = (width: number, height: number): Raster => ({
  width,
  height,
  data: new Uint8ClampedArray(3 * width * height),
});

/** Images of one height side by side, with a gap of white between them. */
export function sideBySide(images: readonly Raster[], gap: number): Raster {
  const height = Math.max(...images.map((image) => image.height));
  const width = images.reduce((sum, image) => sum + image.width, 0) + gap * (images.length - 1);
  const out = createRaster(width, height);
  out.data.fill(255);
  let left = 0;
  for (const image of images) {
    for (let y = 0; y < image.height; y++) {
      const row = image.data.subarray(3 * y * image.width, 3 * (y + 1) * image.width);
      out.data.set(row, 3 * (y * width + left));
    }
    left += image.width + gap;
  }
  return out;
}

/** Every pixel as a square of `factor` pixels. */
export function enlarged({ width, height, data }: Raster, factor: number): Raster {
  const out = createRaster(width * factor, height * factor);
  for (let y = 0; y < out.height; y++) {
    for (let x = 0; x < out.width; x++) {
      const from = 3 * (Math.floor(y / factor) * width + Math.floor(x / factor));
      out.data.set(data.subarray(from, from + 3), 3 * (y * out.width + x));
    }
  }
  return out;
}

/** As a PNG file. */
export async function rasterPng({ width, height, data }: Raster): Promise<Uint8Array> {
  const { default: sharp } = await import('sharp');
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}
