import { ZooError } from '@zoo/core/base';
import type { Image } from '../image.ts';
import { withChannels } from '../with-channels.ts';

export interface DecodeOptions {
  /** 3 (default) gives RGB, 1 gives luminance. */
  channels?: 1 | 3;
  /** Images of more pixels are refused; default 178,956,970, as PIL. */
  maxPixels?: number;
  /** Names the image in errors; default: the name of a `File`. */
  name?: string;
}

/**
 * Decodes what the browser can show to 8-bit RGB: EXIF orientation applied, colour profiles not, alpha dropped. Works
 * in pages and in workers. Throws `CORRUPT_FILE` naming the image where the browser cannot decode it.
 */
export async function decodeImage(source: Blob, options: DecodeOptions = {}): Promise<Image> {
  const { channels = 3, maxPixels = 178_956_970 } = options;
  const name = options.name ?? (source instanceof File ? source.name : 'image');
  const bitmap = await createImageBitmap(source, {
    imageOrientation: 'from-image',
    colorSpaceConversion: 'none',
    premultiplyAlpha: 'none',
  }).catch((cause: unknown) => {
    throw new ZooError('CORRUPT_FILE', `'${name}' is no image that this browser can decode, or it is damaged.`, {
      cause,
    });
  });
  try {
    const { width, height } = bitmap;
    if (width * height > maxPixels) {
      throw new ZooError('NOT_SUPPORTED', `'${name}' has more than ${maxPixels} pixels; raise maxPixels to read it.`);
    }
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    if (!context) throw new ZooError('NOT_SUPPORTED', 'This browser gave no 2D canvas to decode images with.');
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    return withChannels({ width, height, channels: 4, data: new Uint8Array(data.buffer) }, channels);
  } finally {
    bitmap.close();
  }
}
