import { ZooError } from '@zoo/core';
import { type Entry, validateFileName } from 'yauzl';

export interface ZipLimits {
  /** Most bytes that may come out in all; 16 GiB unless given. */
  maxBytes?: number | undefined;
  /** Most bytes out of one byte in; 200 unless given. Photos give hardly more than 1. */
  maxRatio?: number | undefined;
  /** Most entries; 2,000,000 unless given. */
  maxFiles?: number | undefined;
}

const gib = 2 ** 30;
const fold = (name: string): string => name.normalize('NFC').toLowerCase();
const unixHost = 3;
const [typeBits, folderType, fileType, linkType] = [0o170000, 0o040000, 0o100000, 0o120000];

/** File name bytes that Windows or a file system would not take. */
const unsafe = (name: string): boolean =>
  [...name].some((char) => char.charCodeAt(0) < 32) ||
  name.split('/').some((part) => part === '.' || part.length > 255);

export const isFolder = (entry: Entry): boolean => entry.fileName.endsWith('/');

function checkEntry(entry: Entry, fail: (message: string) => ZooError, maxRatio: number): void {
  const { fileName, externalFileAttributes, versionMadeBy, compressedSize, uncompressedSize } = entry;
  const wrong = validateFileName(fileName);
  if (wrong !== null || unsafe(fileName)) {
    throw fail(`'${fileName}' would be written outside the folder or is no proper path.`);
  }
  const type = versionMadeBy >>> 8 === unixHost ? (externalFileAttributes >>> 16) & typeBits : 0;
  if (type === linkType) throw fail(`'${fileName}' is a symbolic link.`);
  if (type !== 0 && type !== fileType && type !== folderType) throw fail(`'${fileName}' is a special file.`);
  if (entry.isEncrypted()) throw fail(`'${fileName}' is encrypted: decrypt the archive first.`);
  if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8) {
    throw fail(`'${fileName}' is compressed by method ${entry.compressionMethod}; only deflate is read.`);
  }
  if (uncompressedSize > 2 ** 20 && uncompressedSize > maxRatio * compressedSize) {
    const ratio = Math.round(uncompressedSize / Math.max(1, compressedSize));
    throw fail(`'${fileName}' unpacks to ${ratio} times its size, as a zip bomb does; maxRatio is ${maxRatio}.`);
  }
}

/** No name may occur twice, be a folder as well, or differ from another by case alone: one would overwrite the other. */
function checkNames(entries: readonly Entry[], fail: (message: string) => ZooError): void {
  const files = new Map<string, string>();
  const folders = new Map<string, string>();
  for (const entry of entries) {
    const parts = entry.fileName.split('/');
    const file = parts.pop()!;
    for (let depth = 1; depth <= parts.length; depth++) {
      const folder = parts.slice(0, depth).join('/');
      const other = folders.get(fold(folder)) ?? folder;
      if (other !== folder) throw fail(`the folders '${other}' and '${folder}' differ by case or accents only.`);
      folders.set(fold(folder), folder);
    }
    if (file === '') continue;
    const other = files.get(fold(entry.fileName));
    if (other !== undefined)
      throw fail(`'${entry.fileName}' is there twice${other === entry.fileName ? '' : `, as '${other}' too`}.`);
    files.set(fold(entry.fileName), entry.fileName);
  }
  for (const [key, name] of files) if (folders.has(key)) throw fail(`'${name}' is a file and a folder.`);
}

/**
 * Refuses, before anything is written, an archive with paths that lead out of its folder, links, special or encrypted
 * files, names that would overwrite each other, or more than `limits` allow. Throws `CORRUPT_FILE`, or `NOT_SUPPORTED` for
 * what is too large, naming the archive and the entry.
 */
export function checkZip(entries: readonly Entry[], archive: { path: string; size: number }, limits: ZipLimits): void {
  const { maxBytes = 16 * gib, maxRatio = 200, maxFiles = 2_000_000 } = limits;
  const fail = (message: string): ZooError => new ZooError('CORRUPT_FILE', `${archive.path} is refused: ${message}`);
  const tooLarge = (message: string): ZooError =>
    new ZooError('NOT_SUPPORTED', `${archive.path} is refused: ${message} Raise the limit if you trust the archive.`);
  if (entries.length > maxFiles) throw tooLarge(`it has ${entries.length} entries, more than maxFiles, ${maxFiles}.`);
  let total = 0;
  let stored = 0;
  for (const entry of entries) {
    checkEntry(entry, fail, maxRatio);
    total += entry.uncompressedSize;
    stored += entry.compressedSize;
  }
  if (total > maxBytes) throw tooLarge(`it unpacks to ${total} bytes, more than maxBytes, ${maxBytes}.`);
  if (stored > archive.size) throw fail('its entries overlap, as in a zip bomb.');
  checkNames(entries, fail);
}
