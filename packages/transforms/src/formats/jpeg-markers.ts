import { damaged, unsupported } from './byte-reader.ts';

const isFrame = (marker: number): boolean => [0xc0, 0xc1, 0xc2, 0xc9, 0xca].includes(marker);

/** Markers of segments that libjpeg reads or passes over: tables, comments, applications' data. */
const hasSegment = (marker: number): boolean =>
  isFrame(marker) || [0xc4, 0xcc, 0xda, 0xdb, 0xdc, 0xdd, 0xfe].includes(marker) || (marker >= 0xe0 && marker <= 0xef);

/** Markers without one: TEM and the restarts; 0 stands for a byte of data. */
const standsAlone = (marker: number): boolean => marker <= 1 || (marker >= 0xd0 && marker <= 0xd7);

/**
 * Refuses what libjpeg refuses behind the first scan, where damage looks like a marker: unknown ones, a second frame, segments
 * without end.
 * libvips stops at the last row and does not see them.
 */
export function checkMarkers(bytes: Uint8Array): void {
  let frames = 0;
  let at = 2;
  while (at + 1 < bytes.length) {
    if (bytes[at++] !== 0xff || bytes[at] === 0xff) continue;
    const marker = bytes[at++]!;
    if (marker === 0xd9) return;
    if (standsAlone(marker)) continue;
    if (frames === 0 && marker >> 4 === 0xc && !hasSegment(marker))
      throw unsupported('a lossless or hierarchical JPEG');
    if (!hasSegment(marker)) throw damaged(`an unknown marker ff${marker.toString(16).padStart(2, '0')} in a JPEG`);
    if (isFrame(marker) && ++frames > 1) throw damaged('a JPEG of two frames');
    at += Math.max(2, (bytes[at]! << 8) | bytes[at + 1]!);
    const isTable = marker < 0xe0;
    if (isTable && at > bytes.length) throw damaged('a segment that leads beyond the file');
  }
}
