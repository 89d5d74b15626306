import { open } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ZooError } from '@zoo/core/base';
import sharp from 'sharp';
import { decodeBmp } from '../formats/bmp.ts';
import { damaged, tooLarge, unsupported } from '../formats/byte-reader.ts';
import { decodeGif } from '../formats/gif.ts';
import { imageType, type ReadableType } from '../formats/image-type.ts';
import { checkMarkers } from '../formats/jpeg-markers.ts';
import { decodePnm } from '../formats/pnm.ts';
import { withoutUnknownValues } from '../formats/tiff-directory.ts';
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
 * Decodes a JPEG, PNG, WebP, GIF, TIFF, BMP, PNM (PBM, PGM, PPM) or AVIF file to 8-bit RGB as PIL's `convert('RGB')` sees
 * it: alpha dropped, colour profiles not applied, the first frame of an animation. Unlike PIL's `open`, EXIF orientation
 * is applied; 16 bits keep their upper 8. Small damages that leave all data there are read over, as by PIL.
 *
 * Throws `FILE_NOT_FOUND`, `CORRUPT_FILE` (damaged, cut off, empty), or `NOT_SUPPORTED` (another type, too large); each
 * names the file.
 */
export async function decodeImage(source: string | URL | Uint8Array, options: DecodeOptions = {}): Promise<Image> {
  const { channels = 3, maxPixels = defaultMaxPixels } = options;
  const path = source instanceof Uint8Array ? undefined : source instanceof URL ? fileURLToPath(source) : source;
  const name = options.name ?? path ?? 'image';
  const bytes = source instanceof Uint8Array ? source : await readBytes(path!);
  if (bytes.length === 0) throw new ZooError('CORRUPT_FILE', `'${name}' is empty.`);
  const found = imageType(bytes);
  if (!found || 'refused' in found) {
    const is = found ? `is ${found.refused}, which cannot be read` : 'is no image of a type that can be read';
    throw new ZooError('NOT_SUPPORTED', `'${name}' ${is}. ${readTypes}`);
  }
  try {
    return withChannels(await decode(bytes, found.type, maxPixels), channels);
  } catch (cause) {
    const { code, message } = described(cause as Error, maxPixels);
    if (code === 'NOT_SUPPORTED') throw new ZooError(code, `'${name}' cannot be read: ${message}.`, { cause });
    throw new ZooError(code, `'${name}' cannot be decoded, it is damaged or cut off: ${message}.`, { cause });
  }
}

const readTypes = 'Convert it to one of these: JPEG, PNG, WebP, GIF, TIFF, BMP, PBM, PGM, PPM, AVIF.';

/** What sharp says of sound files that it cannot read: compressions it was built without, odd bits, inks and colours. */
const beyondSharp = [
  /not (configured|implemented)/,
  /Unsupported (JPEG|color)/,
  /no known route/,
  /not a whole number of bytes/,
  /labq format/,
];

/** The error of an own reader, or one that says what sharp's means. */
function described(error: Error, maxPixels: number): ZooError {
  if (error instanceof ZooError) return error;
  const line = error.message
    .split('\n')[0]!
    .trim()
    .replace(/[.:]+$/, '');
  const reason = line.replace(/^Input buffer has corrupt header: (?=.)/, '');
  if (reason.includes('pixel limit')) return unsupported(tooLarge(maxPixels));
  return beyondSharp.some((words) => words.test(reason)) ? unsupported(reason) : damaged(reason);
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

/** With 1 to 4 channels. */
async function decode(bytes: Uint8Array, type: ReadableType, maxPixels: number): Promise<Image> {
  if (type === 'gif') return decodeGif(bytes, maxPixels);
  if (type === 'bmp') return decodeBmp(bytes, maxPixels);
  if (type === 'pnm') return decodePnm(bytes, maxPixels);
  if (type === 'tiff') return decodeBySharp(withoutUnknownValues(bytes), maxPixels);
  if (type !== 'jpeg') return decodeBySharp(bytes, maxPixels);
  const ordinary = decodeJpeg(bytes, maxPixels);
  if (ordinary) return ordinary;
  checkMarkers(bytes);
  return decodeBySharp(bytes, maxPixels);
}

async function decodeBySharp(bytes: Uint8Array, maxPixels: number): Promise<Image> {
  // What is cut off is an error; what libjpeg, libpng and libtiff only warn of, PIL reads too.
  const image = sharp(bytes, { limitInputPixels: maxPixels, ignoreIcc: true, failOn: 'error' }).autoOrient();
  const { space, depth } = await image.metadata();
  const isCmyk = space === 'cmyk';
  const coded = isCmyk
    ? image.pipelineColourspace('cmyk').toColourspace('cmyk')
    : image.removeAlpha().toColourspace('srgb');
  // sharp brings the colours of 16 bits to 8, but not inks.
  const wide = isCmyk && depth === 'ushort';
  const { data, info } = await coded.raw({ depth: wide ? 'ushort' : 'uchar' }).toBuffer({ resolveWithObject: true });
  const pixels = wide
    ? Uint8Array.from(new Uint16Array(new Uint8Array(data).buffer), (value) => value >> 8)
    : new Uint8Array(data.buffer, data.byteOffset, data.length);
  const decoded: Image = { width: info.width, height: info.height, channels: info.channels, data: pixels };
  return isCmyk ? cmykToRgb(decoded) : decoded;
}
