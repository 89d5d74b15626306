/** One tag of a TIFF file: a SHORT's or a LONG's value lies in the entry itself. */
interface Entry {
  tag: number;
  /** 3: SHORT, of 16 bits; 4: LONG, of 32. */
  kind: number;
  /** Where its value lies. */
  at: number;
}

/** The first directory of a TIFF or BigTIFF file, or of EXIF data. Throws a RangeError where it leads out of the bytes. */
export function* tiffEntries(file: DataView): Generator<Entry> {
  const little = isLittle(file);
  const big = file.getUint16(2, little) === 43;
  const directory = big ? Number(file.getBigUint64(8, little)) : file.getUint32(4, little);
  const count = big ? Number(file.getBigUint64(directory, little)) : file.getUint16(directory, little);
  const [first, size, value] = big ? [directory + 8, 20, 12] : [directory + 2, 12, 8];
  for (let i = 0; i < count; i++) {
    const at = first + i * size;
    yield { tag: file.getUint16(at, little), kind: file.getUint16(at + 2, little), at: at + value };
  }
}

export const isLittle = (file: DataView): boolean => file.getUint16(0) === 0x4949;

export const orientationTag = 0x0112;
const resolutionUnitTag = 0x0128;

/** Tags that say nothing of the pixels' values, and the largest that libtiff knows; it refuses a file for any other. */
const harmless = new Map([
  [orientationTag, 8],
  [resolutionUnitTag, 3],
]);

/** The same file, with 1 (as it lies; no unit) where it has a turn or a unit that does not exist, as PIL takes it. */
export function withoutUnknownValues(bytes: Uint8Array): Uint8Array {
  const file = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const wrong: Entry[] = [];
  try {
    const little = isLittle(file);
    for (const entry of tiffEntries(file)) {
      const largest = harmless.get(entry.tag);
      if (largest === undefined || (entry.kind !== 3 && entry.kind !== 4)) continue;
      const value = entry.kind === 3 ? file.getUint16(entry.at, little) : file.getUint32(entry.at, little);
      if (value < 1 || value > largest) wrong.push(entry);
    }
  } catch {
    return bytes; // libtiff says what is wrong
  }
  if (wrong.length === 0) return bytes;
  const mended = new DataView(Uint8Array.from(bytes).buffer);
  for (const { kind, at } of wrong) {
    if (kind === 3) mended.setUint16(at, 1, isLittle(file));
    else mended.setUint32(at, 1, isLittle(file));
  }
  return new Uint8Array(mended.buffer);
}
