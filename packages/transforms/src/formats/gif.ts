import type { Image } from '../image.ts';
import { ByteReader, checkSize, damaged } from './byte-reader.ts';

const longestCode = 12;

/** Codes of any length from the blocks of a frame, lowest bits first. */
function codeReader(file: ByteReader): (size: number) => number {
  let bits = 0;
  let held = 0;
  let block: Uint8Array = new Uint8Array();
  let at = 0;
  return (size) => {
    while (held < size) {
      if (at === block.length) [block, at] = [file.take(file.u8()), 0];
      if (block.length === 0) throw damaged('its data ends too early');
      bits |= block[at++]! << held;
      held += 8;
    }
    const code = bits & ((1 << size) - 1);
    bits >>>= size;
    held -= size;
    return code;
  };
}

/** The indices of a frame. What a code stands for is a part of what has been written before: its place is kept, not its contents. */
function unpack(file: ByteReader, count: number): Uint8Array {
  const bits = file.u8();
  if (bits < 1 || bits > 8) throw damaged(`codes of ${bits} bits`);
  // No code stands for more than 4096 indices: what is shorter is cut off, and not worth the memory.
  const codes = Math.floor((8 * (file.bytes.length - file.at)) / (bits + 1));
  if (count > codes * 2 ** longestCode) throw damaged('its data ends too early');
  const out = new Uint8Array(count);
  const from = new Int32Array(2 ** longestCode);
  const lengths = new Uint16Array(2 ** longestCode);
  const read = codeReader(file);
  const clear = 1 << bits;
  let next = clear + 2;
  let size = bits + 1;
  let former = 0; // indices of the code before; 0 after a clear code
  let filled = 0;
  while (filled < count) {
    const code = read(size);
    if (code === clear) {
      next = clear + 2;
      size = bits + 1;
      former = 0;
      continue;
    }
    if (code === clear + 1) throw damaged('its data ends too early');
    if (former > 0 && next < from.length) {
      from[next] = filled - former;
      lengths[next] = former + 1;
      next++;
      if (next === 1 << size && size < longestCode) size++;
    }
    if (code >= next) throw damaged('a code that stands for nothing');
    former = Math.min(code < clear ? 1 : lengths[code]!, count - filled);
    if (code < clear) out[filled++] = code;
    // One by one: the part may reach into what is being written.
    else for (let source = from[code]!, end = filled + former; filled < end; ) out[filled++] = out[source++]!;
  }
  return out;
}

/** Rows of a frame in the order of the file. */
function* rowOrder(height: number, interlaced: boolean): Generator<number> {
  const passes = interlaced ? [[0, 8] as const, [4, 8] as const, [2, 4] as const, [1, 2] as const] : [[0, 1] as const];
  for (const [first, step] of passes) for (let y = first; y < height; y += step) yield y;
}

/**
 * The first frame of a GIF as PIL's `convert('RGB')` has it: transparent pixels keep their palette colour, and what the
 * frame leaves of the canvas gets that of the transparent index, or of 0.
 */
export function decodeGif(bytes: Uint8Array, maxPixels: number): Image {
  const file = new ByteReader(bytes);
  const palette = (flags: number): Uint8Array => file.take(flags & 0x80 ? 6 << (flags & 7) : 0);
  file.take(6);
  let [width, height] = [file.u16(), file.u16()];
  const canvasFlags = file.u8();
  file.take(2);
  // Without a palette, and behind its end, an index is a grey.
  const colours = Uint8Array.from({ length: 768 }, (_, i) => i / 3);
  const shared = palette(canvasFlags);
  let transparent: number | undefined;
  for (let tag = file.u8(); tag !== 0x2c; tag = file.u8()) {
    if (tag === 0x3b) throw damaged('it has no image');
    if (tag !== 0x21) continue; // stray bytes, which other readers skip too
    const isControl = file.u8() === 0xf9;
    for (let length = file.u8(); length > 0; length = file.u8()) {
      const block = file.take(length);
      if (isControl && block[0]! & 1) transparent = block[3];
    }
  }
  const [left, top, columns, rows] = [file.u16(), file.u16(), file.u16(), file.u16()];
  const flags = file.u8();
  const own = palette(flags);
  colours.set(own.length > 0 ? own : shared);
  checkSize(columns, rows, maxPixels);
  width = Math.max(width, left + columns);
  height = Math.max(height, top + rows);
  checkSize(width, height, maxPixels);
  const indices = unpack(file, columns * rows);
  const data = new Uint8Array(width * height * 3);
  if (columns * rows < width * height) {
    const around = 3 * (transparent ?? 0);
    for (let i = 0; i < data.length; i++) data[i] = colours[around + (i % 3)]!;
  }
  let source = 0;
  for (const y of rowOrder(rows, (flags & 0x40) !== 0)) {
    let target = ((top + y) * width + left) * 3;
    for (let x = 0; x < columns; x++) {
      const colour = 3 * indices[source++]!;
      data[target++] = colours[colour]!;
      data[target++] = colours[colour + 1]!;
      data[target++] = colours[colour + 2]!;
    }
  }
  return { width, height, channels: 3, data };
}
