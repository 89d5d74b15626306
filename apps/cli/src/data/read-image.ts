import { readFile } from 'node:fs/promises';
import { type InputSpec, ZooError } from '@zoo/core';
import type { Sharp } from 'sharp';

const formats = 'PNG, JPEG, WebP, GIF, TIFF or AVIF';

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const text = code === 'ENOENT' ? `No such file: ${path}.` : `Could not read ${path}: ${message}.`;
    throw new ZooError('FILE_NOT_FOUND', text, { cause });
  }
}

async function decode(image: Sharp, channels: number, path: string) {
  try {
    return await image
      .toColourspace(channels === 1 ? 'b-w' : 'srgb')
      .removeAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
  } catch (cause) {
    const message = `${path} is not an image that can be read (${formats}): ${(cause as Error).message}.`;
    throw new ZooError('CORRUPT_FILE', message, { cause });
  }
}

/**
 * Pixels of an image file, normalized as the net asks: `[height, width, channels]`, row by row. Colour becomes grey, or
 * grey colour, to match the net; transparency is dropped. Throws `FILE_NOT_FOUND`, `CORRUPT_FILE`, or `SHAPE_MISMATCH` for
 * an image of another size, naming the file.
 */
export async function readImage(path: string, { size, channels, mean, std }: InputSpec): Promise<Float32Array> {
  const bytes = await readBytes(path);
  const { default: sharp } = await import('sharp');
  const { data, info } = await decode(sharp(bytes), channels, path);
  const [height, width] = size;
  if (info.width !== width || info.height !== height) {
    throw new ZooError(
      'SHAPE_MISMATCH',
      `${path} is ${info.width} x ${info.height} pixels, the net takes ${width} x ${height}. Resize the image first.`,
    );
  }
  if (info.channels !== channels) {
    throw new ZooError('SHAPE_MISMATCH', `${path} has ${info.channels} channels, the net takes ${channels}.`);
  }
  return Float32Array.from(data, (byte, i) => (byte / 255 - mean[i % channels]!) / std[i % channels]!);
}
