import { shorten, ZooError } from '@zoo/core';
import { type Entry, validateFileName } from 'yauzl';
import { expandedLimit, maxExpansion } from '../expansion.ts';

export interface ZipLimits {
  /** Most bytes that may come out in all; 16 GiB unless given. */
  maxBytes?: number | undefined;
  /** Most bytes out of one byte in, of each file over 1 MiB and of all over 64 MiB; 200 unless given. Photos give about 1. */
  maxRatio?: number | undefined;
  /** Most entries; 2,000,000 unless given. */
  maxFiles?: number | undefined;
}

const gib = 2 ** 30;
const fold = (name: string): string => name.normalize('NFC').toLowerCase();
const unixHost = 3;
const [typeBits, folderType, fileType, linkType] = [0o170000, 0o040000, 0o100000, 0o120000];

const maxPathLength = 1024;
const maxDepth = 64;

/** File name bytes that Windows or a file system would not take. */
function unsafe(name: string): boolean {
  if (name.length > maxPathLength || [...name].some((char) => char.charCodeAt(0) < 32)) return true;
  const parts = name.split('/');
  return parts.length > maxDepth || parts.some((part) => part === '.' || part.length > 255);
}

export const isFolder = (entry: Entry): boolean => entry.fileName.endsWith('/');

function checkEntry(entry: Entry, fail: (message: string) => ZooError, maxRatio: number): void {
  const { fileName, externalFileAttributes, versionMadeBy, compressedSize, uncompressedSize } = entry;
  const shown = shorten(fileName);
  if (validateFileName(fileName) !== null || unsafe(fileName)) {
    throw fail(`'${shown}' would be written outside the folder or is no proper path.`);
  }
  const type = versionMadeBy >>> 8 === unixHost ? (externalFileAttributes >>> 16) & typeBits : 0;
  if (type === linkType) throw fail(`'${shown}' is a symbolic link.`);
  if (type !== 0 && type !== fileType && type !== folderType) throw fail(`'${shown}' is a special file.`);
  if (entry.isEncrypted()) throw fail(`'${shown}' is encrypted: decrypt the archive first.`);
  if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8) {
    throw fail(`'${shown}' is compressed by method ${entry.compressionMethod}; only deflate is read.`);
  }
  if (uncompressedSize > 2 ** 20 && uncompressedSize > maxRatio * compressedSize) {
    const ratio = Math.round(uncompressedSize / Math.max(1, compressedSize));
    throw fail(`'${shown}' unpacks to ${ratio} times its size, as a zip bomb does; maxRatio is ${maxRatio}.`);
  }
}

/** No name may occur twice, be a folder as well, or differ from another by case alone: one would overwrite the other. */
function checkNames(entries: readonly Entry[], fail: (message: string) => ZooError): void {
  const files = new Map<string, string>();
  const folders = new Map<string, string>();
  let previous = ''; // entries of one folder come one after the other
  for (const entry of entries) {
    const parts = entry.fileName.split('/');
    const file = parts.pop()!;
    const parent = entry.fileName.slice(0, entry.fileName.length - file.length);
    const known = parent === previous;
    previous = parent;
    for (let depth = 1; !known && depth <= parts.length; depth++) {
      const folder = parts.slice(0, depth).join('/');
      const other = folders.get(fold(folder)) ?? folder;
      if (other !== folder)
        throw fail(`the folders '${shorten(other)}' and '${shorten(folder)}' differ by case or accents only.`);
      folders.set(fold(folder), folder);
    }
    if (file === '') continue;
    const other = files.get(fold(entry.fileName));
    if (other !== undefined)
      throw fail(
        `'${shorten(entry.fileName)}' is there twice${other === entry.fileName ? '' : `, as '${shorten(other)}' too`}.`,
      );
    files.set(fold(entry.fileName), entry.fileName);
  }
  for (const [key, name] of files) if (folders.has(key)) throw fail(`'${shorten(name)}' is a file and a folder.`);
}

const tooLarge = (path: string, message: string): ZooError =>
  new ZooError('NOT_SUPPORTED', `${path} is refused: ${message} Raise the limit if you trust the archive.`);

/** Bytes of an entry's header before its content, and of its line in the directory, both besides the name. */
const [headerBytes, lineBytes] = [30, 46];
/** Fewer bytes than any image file has. */
const leastBytes = 32;

/** A count of files is no content: so many, with hardly a byte in them, would only fill a disk. */
function checkContent(entries: number, bytes: number, path: string): void {
  if (entries <= 10_000 || bytes >= leastBytes * entries) return;
  const message = `its ${entries} entries hold next to nothing, and would fill a disk with empty files.`;
  throw new ZooError('CORRUPT_FILE', `${path} is refused: ${message}`);
}

/** What an archive's number of entries says of it before they are read; all of them are held in memory then. */
export function checkCount(entries: number, archive: { path: string; size: number }, limits: ZipLimits): void {
  const { maxFiles = 2_000_000 } = limits;
  if (entries > maxFiles) throw tooLarge(archive.path, `it has ${entries} entries, more than maxFiles, ${maxFiles}.`);
  checkContent(entries, archive.size - (headerBytes + lineBytes) * entries, archive.path);
}

/** Entries that lie over each other could give the same bytes again and again. */
function checkOverlaps(entries: readonly Entry[], size: number, fail: (message: string) => ZooError): void {
  const spans = entries.map(({ relativeOffsetOfLocalHeader: start, compressedSize, fileNameLength }) => {
    return { start, end: start + headerBytes + fileNameLength + compressedSize };
  });
  spans.sort((a, b) => a.start - b.start);
  spans.forEach(({ end }, i) => {
    if (end > (spans[i + 1]?.start ?? size)) throw fail('its entries overlap, as in a zip bomb.');
  });
}

/**
 * Refuses, before anything is written, an archive with paths that lead out of its folder, links, special or encrypted
 * files, names that would overwrite each other, or more than `limits` allow. Throws `CORRUPT_FILE`, or `NOT_SUPPORTED` for
 * what is too large, naming the archive and the entry.
 */
export function checkZip(entries: readonly Entry[], archive: { path: string; size: number }, limits: ZipLimits): void {
  const { maxBytes = 16 * gib, maxRatio = maxExpansion } = limits;
  const fail = (message: string): ZooError => new ZooError('CORRUPT_FILE', `${archive.path} is refused: ${message}`);
  let total = 0;
  let stored = 0;
  for (const entry of entries) {
    checkEntry(entry, fail, maxRatio);
    total += entry.uncompressedSize;
    stored += entry.compressedSize;
  }
  if (total > maxBytes) throw tooLarge(archive.path, `it unpacks to ${total} bytes, more than maxBytes, ${maxBytes}.`);
  checkOverlaps(entries, archive.size, fail);
  if (total > expandedLimit(stored, maxRatio)) {
    throw fail(
      `it unpacks to ${Math.round(total / stored)} times its size, as a zip bomb does; maxRatio is ${maxRatio}.`,
    );
  }
  checkContent(entries.length, total, archive.path);
  checkNames(entries, fail);
}
