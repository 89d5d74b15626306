import { open } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ZooError } from '@zoo/core/base';
import sharp from 'sharp';
import type { Image } from '../image.ts';
import { borrowJpeg, decodeJpeg } from '../native/jpeg.ts';
import { withChannels } from '../with-channels.ts';
import { cmykToRgb } from './cmyk.ts';

export interface DecodeOptions {
  /** 3 (default) gives RGB whatever the file has, 1 gives luminance. */
  channels?: 1 | 3;
  /** Images of more pixels are refused; default 178,956,970, as PIL. */
  maxPixels?: number;
  /** Names the image in errors, where bytes are given. */
  name?: string;
}

const defaultMaxPixels = 178_956_970;

/** Types that are read, by their first bytes; sharp would also render SVG and PDF, which can pull in other files. */
const signatures: readonly (readonly [type: string, offset: number, bytes: string])[] = [
  ['jpeg', 0, '\xff\xd8\xff'],
  ['png', 0, '\x89PNG\r\n\x1a\n'],
  ['gif', 0, 'GIF8'],
  ['webp', 8, 'WEBP'],
  ['tiff', 0, 'II*\0'],
  ['tiff', 0, 'MM\0*'],
  ['avif', 4, 'ftyp'],
];

const typeOf = (bytes: Uint8Array): string | undefined =>
  signatures.find(([, offset, text]) => [...text].every((char, i) => bytes[offset + i] === char.charCodeAt(0)))?.[0];

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    const file = await open(path);
    try {
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const reason = missing ? 'There is no file' : `Cannot read (${(cause as Error).message})`;
    throw new ZooError('FILE_NOT_FOUND', `${reason} '${path}'.`, { cause });
  }
}

/**
 * Decodes a JPEG, PNG, WebP, GIF, TIFF or AVIF file to 8-bit RGB as PIL's `convert('RGB')` sees it: alpha dropped,
 * colour profiles not applied, the first frame of an animation. Unlike PIL's `open`, EXIF orientation is applied; 16
 * bits keep their upper 8.
 *
 * Throws `FILE_NOT_FOUND`, `CORRUPT_FILE` (damaged, cut off, empty), or `NOT_SUPPORTED` (no image type, too large);
 * each names the file.
 */
export async function decodeImage(source: string | URL | Uint8Array, options: DecodeOptions = {}): Promise<Image> {
  const { channels = 3, maxPixels = defaultMaxPixels } = options;
  const path = source instanceof Uint8Array ? undefined : source instanceof URL ? fileURLToPath(source) : source;
  const name = options.name ?? path ?? 'image';
  const bytes = source instanceof Uint8Array ? source : await readBytes(path!);
  if (bytes.length === 0) throw new ZooError('CORRUPT_FILE', `'${name}' is empty.`);
  if (!typeOf(bytes)) {
    throw new ZooError(
      'NOT_SUPPORTED',
      `'${name}' is no image of a type that can be read: JPEG, PNG, WebP, GIF, TIFF, AVIF.`,
    );
  }
  try {
    return await decode(bytes, channels, maxPixels);
  } catch (cause) {
    const reason = (cause as Error).message.split('\n')[0]!.trim();
    // sharp's words for a warning of libvips that another thread has read already
    const known = reason.includes('failOn') ? '' : `: ${reason}`;
    if (reason.includes('pixel limit')) {
      throw new ZooError('NOT_SUPPORTED', `'${name}' has more than ${maxPixels} pixels; raise maxPixels to read it.`, {
        cause,
      });
    }
    throw new ZooError('CORRUPT_FILE', `'${name}' cannot be decoded, it is damaged or cut off${known}.`, { cause });
  }
}

/**
 * What `use` makes of the image, at once, where the bytes are an ordinary baseline JPEG; undefined for all other files,
 * which `decodeImage` is for. The image must not be kept: its memory is used again.
 */
export function useJpeg<T>(
  bytes: Uint8Array,
  { channels = 3, maxPixels = defaultMaxPixels }: DecodeOptions,
  use: (image: Image) => T,
): T | undefined {
  const image = borrowJpeg(bytes, maxPixels);
  return image && use(withChannels(image, channels));
}

async function decode(bytes: Uint8Array, channels: 1 | 3, maxPixels: number): Promise<Image> {
  const ordinary = decodeJpeg(bytes, maxPixels);
  if (ordinary) return withChannels(ordinary, channels);
  const image = sharp(bytes, { limitInputPixels: maxPixels, ignoreIcc: true, failOn: 'warning' }).autoOrient();
  const { space } = await image.metadata();
  const coded =
    space === 'cmyk'
      ? image.pipelineColourspace('cmyk').toColourspace('cmyk')
      : image.removeAlpha().toColourspace('srgb');
  const { data, info } = await coded.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  const pixels = new Uint8Array(data.buffer, data.byteOffset, data.length);
  const decoded: Image = { width: info.width, height: info.height, channels: info.channels, data: pixels };
  return withChannels(space === 'cmyk' ? cmykToRgb(decoded) : decoded, channels);
}
