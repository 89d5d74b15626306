import { isBmp } from './bmp.ts';
import { isPnm } from './pnm.ts';

/** Types that are read: by own code, or by sharp. */
export type ReadableType = 'jpeg' | 'gif' | 'bmp' | 'pnm' | 'tiff' | 'other';

type Signature = readonly [type: string, offset: number, bytes: string];

/** sharp would also render SVG and PDF, which can pull in other files. */
const readable: readonly (Signature & readonly [ReadableType, number, string])[] = [
  ['jpeg', 0, '\xff\xd8\xff'],
  ['gif', 0, 'GIF87a'],
  ['gif', 0, 'GIF89a'],
  ['other', 0, '\x89PNG\r\n\x1a\n'],
  ['other', 8, 'WEBP'],
  ['tiff', 0, 'II*\0'],
  ['tiff', 0, 'MM\0*'],
  ['tiff', 0, 'II+\0'],
  ['tiff', 0, 'MM\0+'],
];

/** What people take for images, or find in place of one. */
const refused: readonly Signature[] = [
  ['a Canon raw photo (CR2)', 8, 'CR\x02'],
  ['a Fujifilm raw photo (RAF)', 0, 'FUJIFILMCCD-RAW'],
  ['an Olympus raw photo (ORF)', 0, 'IIRO'],
  ['an Olympus raw photo (ORF)', 0, 'IIRS'],
  ['a Panasonic raw photo (RW2)', 0, 'IIU\0'],
  ['a Photoshop file (PSD)', 0, '8BPS'],
  ['a GIMP file (XCF)', 0, 'gimp xcf'],
  ['JPEG XL', 0, '\xff\x0a'],
  ['JPEG XL', 0, '\0\0\0\x0cJXL '],
  ['JPEG 2000', 0, '\0\0\0\x0cjP  '],
  ['JPEG 2000', 0, '\xff\x4f\xff\x51'],
  ['an icon (ICO)', 0, '\0\0\x01\0'],
  ['a cursor (CUR)', 0, '\0\0\x02\0'],
  ['OpenEXR', 0, '\x76\x2f\x31\x01'],
  ['Radiance HDR', 0, '#?RADIANCE'],
  ['a DirectDraw surface (DDS)', 0, 'DDS '],
  ['QOI', 0, 'qoif'],
  ['PAM', 0, 'P7\n'],
  ['DICOM', 128, 'DICM'],
  ['PDF', 0, '%PDF'],
  ['PostScript', 0, '%!PS'],
  ['a zip archive', 0, 'PK\x03\x04'],
  ['a gzip archive', 0, '\x1f\x8b'],
  ['a Git LFS pointer, not the file itself (git lfs pull fetches it)', 0, 'version https://git-lfs'],
];

const latin = (bytes: Uint8Array, from: number, to: number): string => String.fromCharCode(...bytes.subarray(from, to));

const fits = (bytes: Uint8Array, [, offset, text]: Signature): boolean =>
  latin(bytes, offset, offset + text.length) === text;

/** Of a file in the ISO base media format: AVIF, HEIC, video. Its brands say which. */
function brandedType(bytes: Uint8Array): { type: ReadableType } | { refused: string } {
  const end = Math.min(bytes.length, (bytes[2]! << 8) | bytes[3]!, 512);
  const brands: readonly string[] = latin(bytes, 8, Math.max(12, end)).match(/.{4}/gs) ?? [];
  const has = (...names: string[]): boolean => names.some((name) => brands.includes(name));
  if (has('avif', 'avis')) return { type: 'other' };
  if (has('crx ')) return { refused: 'a Canon raw photo (CR3)' };
  if (has('heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'msf1')) {
    return {
      refused: "HEIC ('heif-convert IN OUT.jpg' or, on macOS, 'sips -s format jpeg IN --out OUT.jpg' converts it)",
    };
  }
  return { refused: 'a video' };
}

/** The type by the first bytes, whatever the file is called; a known type that is not read comes with its name. */
export function imageType(bytes: Uint8Array): { type: ReadableType } | { refused: string } | undefined {
  if (latin(bytes, 4, 8) === 'ftyp') return brandedType(bytes);
  const other = refused.find((signature) => fits(bytes, signature));
  if (other) return { refused: other[0] };
  const known = readable.find((signature) => fits(bytes, signature));
  if (known) return { type: known[0] };
  if (isBmp(bytes)) return { type: 'bmp' };
  if (isPnm(bytes)) return { type: 'pnm' };
  const text = latin(bytes, 0, 1024)
    .replace(/^\xef\xbb\xbf/, '')
    .trimStart()
    .toLowerCase();
  if (/^(<!doctype html|<html)/.test(text)) return { refused: 'a web page' };
  if (/^<(svg|\?xml|!--)/.test(text)) return { refused: text.includes('<svg') ? 'SVG' : 'XML' };
  return undefined;
}
