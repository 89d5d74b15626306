import { isLittle, orientationTag, tiffEntries } from '../formats/tiff-directory.ts';

export interface JpegComponent {
  id: number;
  h: number;
  v: number;
  /** 64 divisors in zigzag order. */
  quant: Uint16Array;
  dc: Uint8Array;
  ac: Uint8Array;
}

/** What precedes the one scan of an ordinary baseline JPEG. */
export interface JpegHeader {
  width: number;
  height: number;
  components: JpegComponent[];
  /** Blocks of the scan between two restart markers; 0: none. */
  restart: number;
  /** Where the scan's data begins. */
  scan: number;
}

/** True where an EXIF segment turns the image, or may: what cannot be read counts as turning. */
function turns(segment: Uint8Array): boolean {
  if (String.fromCharCode(...segment.subarray(0, 6)) !== 'Exif\0\0') return false;
  const exif = new DataView(segment.buffer, segment.byteOffset + 6, segment.length - 6);
  try {
    for (const { tag, at } of tiffEntries(exif))
      if (tag === orientationTag) return exif.getUint16(at, isLittle(exif)) !== 1;
    return false;
  } catch {
    return true;
  }
}

/** Only these samplings: none, or chroma of half the width, or of half of both. */
function usualSampling(components: readonly { h: number; v: number }[]): boolean {
  const [luma, ...chroma] = components;
  if (chroma.length === 0) return luma!.h === 1 && luma!.v === 1;
  const known = luma!.h === 2 ? luma!.v <= 2 : luma!.h === 1 && luma!.v === 1;
  return known && chroma.every(({ h, v }) => h === 1 && v === 1);
}

/**
 * The header of a baseline JPEG of one scan, grey or YCbCr, upright. Undefined for all others and for damaged ones: they
 * are left to the general decoder.
 */
export function jpegHeader(bytes: Uint8Array): JpegHeader | undefined {
  const quants: Uint16Array[] = [];
  const tables = { dc: [] as Uint8Array[], ac: [] as Uint8Array[] };
  let frame:
    | { width: number; height: number; parts: { id: number; h: number; v: number; quant: number }[] }
    | undefined;
  let restart = 0;
  let jfif = false;
  let adobe: number | undefined;
  let at = 2;
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at++;
      continue;
    }
    const length = (bytes[at + 2]! << 8) | bytes[at + 3]!;
    const segment = bytes.subarray(at + 4, at + 2 + length);
    if (length < 2 || segment.length !== length - 2) return undefined;
    at += 2 + length;
    if (marker === 0xc0 || marker === 0xc1) {
      const count = segment[5]!;
      if (frame || segment[0] !== 8 || (count !== 1 && count !== 3) || segment.length !== 6 + 3 * count)
        return undefined;
      const parts = Array.from({ length: count }, (_, i) => {
        const [id, sampling, quant] = segment.subarray(6 + 3 * i);
        return { id: id!, h: sampling! >> 4, v: sampling! & 15, quant: quant! };
      });
      frame = { height: (segment[1]! << 8) | segment[2]!, width: (segment[3]! << 8) | segment[4]!, parts };
    } else if (marker === 0xdb) {
      for (let i = 0; i < segment.length; ) {
        const [wide, id] = [segment[i]! >> 4, segment[i]! & 15];
        if (wide > 1 || id > 3 || i + 65 + 64 * wide > segment.length) return undefined;
        const from = i + 1;
        quants[id] = Uint16Array.from({ length: 64 }, (_, k) =>
          wide ? (segment[from + 2 * k]! << 8) | segment[from + 2 * k + 1]! : segment[from + k]!,
        );
        i = from + 64 + 64 * wide;
      }
    } else if (marker === 0xc4) {
      for (let i = 0; i < segment.length; ) {
        const counts = segment.subarray(i + 1, i + 17);
        const end = i + 17 + counts.reduce((sum, count) => sum + count, 0);
        if (counts.length < 16 || end > segment.length || (segment[i]! & 0xec) !== 0) return undefined;
        tables[segment[i]! >> 4 === 0 ? 'dc' : 'ac'][segment[i]! & 15] = segment.subarray(i + 1, end);
        i = end;
      }
    } else if (marker === 0xdd && segment.length === 2) restart = (segment[0]! << 8) | segment[1]!;
    else if (marker === 0xe0) jfif ||= String.fromCharCode(...segment.subarray(0, 5)) === 'JFIF\0';
    else if (marker === 0xee && String.fromCharCode(...segment.subarray(0, 5)) === 'Adobe') adobe = segment[11];
    else if (marker === 0xe1) {
      if (turns(segment)) return undefined;
    } else if (marker === 0xda) {
      if (!frame || !usualSampling(frame.parts) || Math.min(frame.width, frame.height) < 8) return undefined;
      const { width, height, parts } = frame;
      const count = parts.length;
      if (segment[0] !== count || segment.length !== 4 + 2 * count) return undefined;
      const [from, to, bits] = segment.subarray(1 + 2 * count);
      if (from !== 0 || to !== 63 || bits !== 0) return undefined;
      const named = parts.every(({ id }, i) => id === i + 1);
      if (count === 3 && !(jfif ? true : adobe === undefined ? named : adobe === 1)) return undefined;
      const components: JpegComponent[] = [];
      for (const [i, { id, h, v, quant }] of parts.entries()) {
        const selector = segment[2 + 2 * i]!;
        const [divisors, dc, ac] = [quants[quant], tables.dc[selector >> 4], tables.ac[selector & 15]];
        if (segment[1 + 2 * i] !== id || !divisors || !dc || !ac) return undefined;
        components.push({ id, h, v, quant: divisors, dc, ac });
      }
      return { width, height, components, restart, scan: at };
    } else if ((marker & 0xf0) !== 0xe0 && marker !== 0xfe) return undefined;
  }
  return undefined;
}
