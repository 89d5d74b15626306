import { shorten, ZooError } from '@zoo/core';
import { ByteCursor } from './byte-cursor.ts';
import { crc32 } from './crc32.ts';

const endSignature = 0x06054b50;
const end64Signature = 0x06064b50;
const locator64Signature = 0x07064b50;
const entrySignature = 0x02014b50;
const localSignature = 0x04034b50;
const endLength = 22;
const maxEntries = 200_000;
const use64 = 0xffffffff;

interface ZipEntry {
  name: string;
  method: number;
  size: number;
  /** Size in the archive, after compression. */
  stored: number;
  crc: number;
  headerOffset: number;
}

/** An entry and where its content begins. */
interface PlacedEntry extends ZipEntry {
  contentOffset: number;
}

/** Reads files out of an archive in memory. */
export interface Zip {
  names(): string[];
  has(name: string): boolean;
  /** A view of the file's content, its checksum verified. */
  read(name: string): Uint8Array;
}

export const isZip = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4;

interface Directory {
  count: number;
  size: number;
  offset: number;
}

function findEnd(cursor: ByteCursor): Directory {
  const { bytes } = cursor;
  const lowest = Math.max(0, bytes.length - endLength - 0xffff);
  for (let at = bytes.length - endLength; at >= lowest; at--) {
    if (bytes[at] !== 0x50) continue;
    cursor.position = at;
    if (cursor.u32() !== endSignature) continue;
    cursor.position = at + 10;
    const end = { count: cursor.u16(), size: cursor.u32(), offset: cursor.u32() };
    if (end.count !== 0xffff && end.size !== use64 && end.offset !== use64) return end;
    return readEnd64(cursor, at) ?? end;
  }
  throw cursor.fail('the archive has no end record; the file was cut short, fetch or save it again.');
}

function readEnd64(cursor: ByteCursor, endAt: number): Directory | undefined {
  if (endAt < 20) return undefined;
  cursor.position = endAt - 20;
  if (cursor.u32() !== locator64Signature) return undefined;
  cursor.position += 4;
  cursor.position = cursor.u64();
  if (cursor.u32() !== end64Signature) throw cursor.fail('the archive points to an end record that is not there.');
  cursor.position += 28;
  return { count: cursor.u64(), size: cursor.u64(), offset: cursor.u64() };
}

/** Sizes and offset that did not fit 32 bits, in the order the format gives. */
function readExtra64(extra: ByteCursor, entry: { size: number; stored: number; headerOffset: number }): void {
  while (extra.position + 4 <= extra.bytes.length) {
    const kind = extra.u16();
    const length = extra.u16();
    const next = extra.position + length;
    if (kind === 1) {
      if (entry.size === use64) entry.size = extra.u64();
      if (entry.stored === use64) entry.stored = extra.u64();
      if (entry.headerOffset === use64) entry.headerOffset = extra.u64();
      return;
    }
    extra.position = next;
  }
}

function readEntry(cursor: ByteCursor): ZipEntry {
  if (cursor.u32() !== entrySignature) throw cursor.fail(`byte ${cursor.position - 4} begins no archive entry.`);
  cursor.position += 4;
  const flags = cursor.u16();
  const method = cursor.u16();
  cursor.position += 4;
  const crc = cursor.u32();
  const sizes = { stored: cursor.u32(), size: cursor.u32(), headerOffset: 0 };
  const nameLength = cursor.u16();
  const extraLength = cursor.u16();
  const commentLength = cursor.u16();
  cursor.position += 8;
  sizes.headerOffset = cursor.u32();
  const name = cursor.utf8(nameLength);
  readExtra64(new ByteCursor(cursor.take(extraLength), cursor.file), sizes);
  cursor.take(commentLength);
  if (flags & 1) throw cursor.fail(`'${shorten(name)}' in the archive is encrypted.`);
  return { name, method, crc, ...sizes };
}

/**
 * Finds the content of every entry, which begins behind a header of its own. Entries that overlap are refused: of a small
 * file, any number of them could be read again and again.
 */
function placeEntries(entries: readonly ZipEntry[], cursor: ByteCursor, end: number): Map<string, PlacedEntry> {
  const placed = new Map<string, PlacedEntry>();
  let free = 0;
  for (const entry of [...entries].sort((a, b) => a.headerOffset - b.headerOffset)) {
    const shown = `'${shorten(entry.name)}' in the archive`;
    if (entry.headerOffset < free) throw cursor.fail(`${shown} overlaps another file, which no program writes.`);
    cursor.position = Math.min(entry.headerOffset, cursor.bytes.length);
    if (cursor.u32() !== localSignature) throw cursor.fail(`${shown} is not where the archive says.`);
    cursor.position += 22;
    const skip = cursor.u16() + cursor.u16();
    cursor.take(skip);
    const contentOffset = cursor.position;
    free = contentOffset + entry.stored;
    if (free > end) throw cursor.fail(`${shown} reaches into the archive's directory, which no program writes.`);
    placed.set(entry.name, { ...entry, contentOffset });
  }
  return placed;
}

/**
 * The directory of a zip archive of stored (not compressed) files, zip64 included; all that torch writes. Throws
 * `CORRUPT_FILE` for whatever lies outside the bytes, `NOT_SUPPORTED` for compressed entries.
 */
export function openZip(bytes: Uint8Array, file: string): Zip {
  const cursor = new ByteCursor(bytes, file);
  const { count, size, offset } = findEnd(cursor);
  if (count > maxEntries) throw cursor.fail(`the archive claims ${count} files.`);
  cursor.position = offset;
  const directory = new ByteCursor(cursor.take(size), file);
  const names = new Set<string>();
  const listed: ZipEntry[] = [];
  for (let i = 0; i < count; i++) {
    const entry = readEntry(directory);
    if (names.has(entry.name)) throw cursor.fail(`'${shorten(entry.name)}' is in the archive twice.`);
    names.add(entry.name);
    listed.push(entry);
  }
  const entries = placeEntries(listed, cursor, offset);

  const read = (name: string): Uint8Array => {
    const entry = entries.get(name);
    if (!entry) throw cursor.fail(`'${shorten(name)}' is not in the archive.`);
    if (entry.method !== 0) {
      const hint = 'PyTorch stores its files uncompressed: unpack it and pack it with "zip -0".';
      throw new ZooError('NOT_SUPPORTED', `${file}: '${name}' in the archive is compressed. ${hint}`);
    }
    if (entry.stored !== entry.size) throw cursor.fail(`'${name}' in the archive has two sizes.`);
    const content = bytes.subarray(entry.contentOffset, entry.contentOffset + entry.size);
    // Writers that were told not to compute checksums leave 0.
    if (entry.crc !== 0 && crc32(content) !== entry.crc)
      throw cursor.fail(`'${name}' in the archive is damaged (CRC-32).`);
    return content;
  };
  return { names: () => [...names], has: (name) => names.has(name), read };
}
